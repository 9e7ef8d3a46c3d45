package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"groove/internal/test/netlab"
)

// httpIn returns a client whose connections are made inside a node.
func httpIn(node *netlab.Node) *http.Client {
	dial := func(_ context.Context, network, addr string) (net.Conn, error) { return node.Dial(network, addr) }
	return &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DialContext: dial}}
}

// postJSON sends a request and decodes the answer's body into out. The answer is returned for its headers.
func postJSON(c *http.Client, url string, header map[string]string, in, out any) (*http.Response, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest("POST", url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for k, v := range header {
		request.Header.Set(k, v)
	}
	answer, err := c.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return answer, fmt.Errorf("%s: %s", answer.Status, text)
	}
	return answer, json.Unmarshal(text, out)
}
