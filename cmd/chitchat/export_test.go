package main

// Run is run: a command in the process of the tests.
var Run = run
