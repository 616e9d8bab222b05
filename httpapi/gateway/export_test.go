package gateway

// DecodeCommand reads a frame of chitchat.v1 from a client.
var DecodeCommand = decodeCommand

// SessionProof returns the second part of a session's id.
var SessionProof = sessionProof
