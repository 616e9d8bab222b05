package httpapi

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v5"

	"github.com/faustman/chitchat/domain"
	"github.com/faustman/chitchat/httpapi/token"
)

// tokenSubprotocol begins the subprotocol in which a browser may offer a token,
// since it can set no header of a websocket's request.
const tokenSubprotocol = "bearer."

// claimsKey is where authenticate puts a request's claims.
const claimsKey = "claims"

type signInRequest struct {
	Name    string `json:"name"`
	Email   string `json:"email"`
	Channel string `json:"channel"`
}

type tokenBody struct {
	Token string `json:"token"`
}

type claimsBody struct {
	User    domain.User    `json:"user"`
	Channel domain.Channel `json:"channel"`
	Expires int64          `json:"exp"`
	Issuer  string         `json:"iss"`
}

func (s *Server) signIn(c *echo.Context) error {
	request, err := decodeSignIn(c.Request())
	if err != nil {
		return err
	}
	user, err := domain.NewUser(request.Name, request.Email)
	if err != nil {
		return err
	}
	channel, err := domain.ParseChannel(request.Channel)
	if err != nil {
		return err
	}
	raw, err := s.config.Tokens.Mint(user, channel)
	if err != nil {
		return err
	}
	e := entryOf(c)
	e.userID, e.channel = user.ID, channel
	return c.JSON(http.StatusCreated, tokenBody{raw})
}

// decodeSignIn reads the body, be it a form or JSON. The query is not looked
// at: what is in it ends up in other people's logs.
func decodeSignIn(r *http.Request) (signInRequest, error) {
	var request signInRequest
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	switch mediaType {
	case echo.MIMEApplicationJSON:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return request, unreadable(err)
		}
		if err := json.Unmarshal(body, &request); err != nil || string(bytes.TrimSpace(body)) == "null" {
			return request, invalidRequest(`The body is not JSON like {"name":"Ada","email":"","channel":"lobby"}.`)
		}
		return request, nil
	case echo.MIMEMultipartForm, echo.MIMEApplicationForm:
		// ParseMultipartForm ignores the error of an urlencoded form, hence both.
		err := r.ParseForm()
		if err == nil && mediaType == echo.MIMEMultipartForm {
			err = r.ParseMultipartForm(maxBodyBytes)
		}
		if err != nil {
			return request, unreadable(err)
		}
		return signInRequest{r.PostForm.Get("name"), r.PostForm.Get("email"), r.PostForm.Get("channel")}, nil
	default:
		return request, domain.Errorf(CodeUnsupportedMediaType, "Send a form or JSON, and name it in Content-Type.")
	}
}

// unreadable returns err when it says that the body is too large, and else a
// refusal that says so.
func unreadable(err error) error {
	if refusal := refusalOf(err); refusal.Code == domain.CodeTooLarge {
		return refusal
	}
	return invalidRequest("The body cannot be read. GET /docs shows its form.")
}

func (s *Server) whoAmI(c *echo.Context) error {
	claims := claimsOf(c)
	return c.JSON(http.StatusOK, claimsBody{claims.User, claims.Channel, claims.Expires.Unix(), token.Issuer})
}

// authenticate lets a request through that has a valid token.
func (s *Server) authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		if _, err := url.ParseQuery(c.Request().URL.RawQuery); err != nil {
			return invalidRequest("The query cannot be read. Escape its values, and separate them by &.")
		}
		claims, err := s.config.Tokens.Verify(tokenOf(c.Request()))
		if err != nil {
			return err
		}
		c.Set(claimsKey, claims)
		e := entryOf(c)
		e.userID, e.channel = claims.User.ID, claims.Channel
		return next(c)
	}
}

// claimsOf returns the claims of a request that authenticate let through.
func claimsOf(c *echo.Context) token.Claims {
	return c.Get(claimsKey).(token.Claims)
}

// tokenOf returns the token of the request, empty without one. What is harder
// to leak is looked at first.
func tokenOf(r *http.Request) string {
	scheme, raw, _ := strings.Cut(r.Header.Get(echo.HeaderAuthorization), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(raw)
	}
	if r.URL.Path == channelPath {
		for _, offered := range r.Header.Values("Sec-WebSocket-Protocol") {
			for protocol := range strings.SplitSeq(offered, ",") {
				if raw, ok := strings.CutPrefix(strings.TrimSpace(protocol), tokenSubprotocol); ok {
					return raw
				}
			}
		}
	}
	return r.URL.Query().Get("token")
}
