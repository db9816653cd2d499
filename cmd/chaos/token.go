package main

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
)

const (
	secretKey     = "una-clave-solo-para-la-campana-de-fallos"
	organizerName = "organizador"
	organizerPass = "clave-de-la-campana"
	tokenLifetime = 4 * time.Hour
)

// judgeToken makes the access token of a judge as the wire contract says, without
// the cost of a password at the start of every campaign.
func judgeToken(judge int64) (string, error) {
	now := time.Now()
	claims, err := json.Marshal(map[string]any{
		"token_type": "access", "jti": fmt.Sprintf("chaos-%d", judge), "iat": now.Unix(), "exp": now.Add(tokenLifetime).Unix(),
		"juez_id": judge, "username": judgeName(judge),
	})
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	mac := hmac.New(sha256.New, []byte(secretKey))
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), nil
}

func judgeName(judge int64) string { return fmt.Sprintf("juez%d", judge) }

// passwordHash is a hash of the kind that the replaced server stored.
func passwordHash(password string) (string, error) {
	const salt, rounds = "chaos", 1000
	key, err := pbkdf2.Key(sha256.New, password, []byte(salt), rounds, sha256.Size)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("pbkdf2_sha256$%d$%s$%s", rounds, salt, base64.StdEncoding.EncodeToString(key)), nil
}
