// Calls a stub server through a generated client and says how it went, as one line of JSON.
// Arguments: the number of the client, and the URL.
package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

type answer struct {
	Seconds float64 `json:"seconds"`
	Error   string  `json:"error"`
	Status  int     `json:"status"`
	Text    string  `json:"text"`
}

func main() {
	client := clients[os.Args[1]]()
	started := time.Now()
	var said answer
	response, err := client.Post(os.Args[2]+"/v1/chat/completions", "application/json", strings.NewReader("{}"))
	if err == nil {
		said.Status = response.StatusCode
		var text []byte
		text, err = io.ReadAll(response.Body)
		said.Text = string(text)
		response.Body.Close()
	}
	said.Seconds = time.Since(started).Seconds()
	if err != nil {
		said.Error = err.Error()
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		panic(err)
	}
}

var clients = map[string]func() *http.Client{
	// clients
}
