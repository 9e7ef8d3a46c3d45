// Command floor is the bare program that bench compares peers with: one TCP stream of 16 KiB blocks behind
// 13-byte headers, SHA-1 of every byte by the receiver, one pwrite a block, and nothing else.
//
// It knows no protocol: who moves blocks faster than this has found a cheaper way to do the same work.
// Called by bench: floor send ADDR FILE, floor get ADDR FILE BYTES. Start reading at get.
package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
)

const (
	blockBytes  = 16 << 10
	headerBytes = 13 // as of BEP 3 "piece": length, kind, piece, begin
	spanBlocks  = 16 // blocks that the sender reads and writes at once
	pieceBytes  = 1 << 20
)

func main() {
	var err error
	switch {
	case len(os.Args) == 4 && os.Args[1] == "send":
		err = send(os.Args[2], os.Args[3])
	case len(os.Args) == 5 && os.Args[1] == "get":
		var size int64
		if size, err = strconv.ParseInt(os.Args[4], 10, 64); err == nil {
			err = get(os.Args[2], os.Args[3], size)
		}
	default:
		err = fmt.Errorf("usage: floor send ADDR FILE | floor get ADDR FILE BYTES")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// send gives a file to the first that connects.
func send(addr, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Println(`{"Event":"ready"}`)
	conn, err := listener.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	span := make([]byte, spanBlocks*blockBytes)
	headers := make([]byte, spanBlocks*headerBytes)
	for at := int64(0); ; {
		n, err := file.ReadAt(span, at)
		if n == 0 && err == io.EOF {
			return nil
		}
		if err != nil && err != io.EOF {
			return err
		}
		var out net.Buffers
		for i := 0; i*blockBytes < n; i++ {
			block := span[i*blockBytes : min((i+1)*blockBytes, n)]
			header := headers[i*headerBytes : (i+1)*headerBytes]
			binary.BigEndian.PutUint32(header, uint32(9+len(block)))
			binary.BigEndian.PutUint64(header[5:], uint64(at)+uint64(i*blockBytes))
			out = append(out, header, block)
		}
		at += int64(n)
		if _, err := out.WriteTo(conn); err != nil {
			return err
		}
	}
}

// get receives size bytes into a file.
func get(addr, name string, size int64) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	fmt.Println(`{"Event":"ready"}`)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, spanBlocks*(blockBytes+headerBytes))
	hash := sha1.New()
	var sum [sha1.Size]byte
	for got := int64(0); got < size; {
		header, err := in.Peek(headerBytes)
		if err != nil {
			return err
		}
		length := int(binary.BigEndian.Uint32(header)) - 9
		message, err := in.Peek(headerBytes + length)
		if err != nil {
			return err
		}
		block := message[headerBytes:]
		hash.Write(block)
		if _, err := file.WriteAt(block, got); err != nil {
			return err
		}
		got += int64(length)
		if got%pieceBytes == 0 {
			hash.Sum(sum[:0])
			hash.Reset()
		}
		in.Discard(len(message))
	}
	fmt.Println(`{"Event":"done"}`)
	return nil
}
