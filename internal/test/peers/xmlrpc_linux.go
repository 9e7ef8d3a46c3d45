package peers

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// xmlCall writes an XML-RPC request whose parameters are all strings.
func xmlCall(method string, args []string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<methodCall><methodName>%s</methodName><params>", method)
	for _, arg := range args {
		b.WriteString("<param><value><string>")
		xml.EscapeText(&b, []byte(arg))
		b.WriteString("</string></value></param>")
	}
	b.WriteString("</params></methodCall>")
	return b.Bytes()
}

// xmlAnswer returns the scalars of an XML-RPC answer in their order: one for a value, some for an array.
func xmlAnswer(text []byte) ([]string, error) {
	var values []string
	fault := false
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "fault":
			fault = true
		case "i4", "i8", "int", "string", "boolean", "double":
			var value string
			if err := d.DecodeElement(&value, &start); err != nil {
				return nil, err
			}
			values = append(values, value)
		}
	}
	if fault {
		return nil, errors.New(strings.Join(values, " "))
	}
	return values, nil
}

// scgi sends a request over a Unix socket and returns the body of the answer.
func scgi(socket string, body []byte) ([]byte, error) {
	conn, err := net.DialTimeout("unix", socket, 5*time.Second)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	head := fmt.Sprintf("CONTENT_LENGTH\x00%d\x00SCGI\x001\x00", len(body))
	if _, err := fmt.Fprintf(conn, "%d:%s,%s", len(head), head, body); err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		return nil, err
	}
	_, text, ok := bytes.Cut(answer, []byte("\r\n\r\n"))
	if !ok {
		return nil, errors.New("its answer has no body")
	}
	return text, nil
}
