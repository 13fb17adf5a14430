package enginetest

import (
	"fmt"
	"slices"

	"github.com/signalbox/signalbox/engine/wire"
)

// This file has the commands in which client and server speak by turns.

// LoadFile runs a LOAD DATA LOCAL statement and sends parts as the file, each as
// one packet. Before each of them it calls before with its number, unless that
// is nil.
func (c *Client) LoadFile(sql string, parts []string, before func(part int)) error {
	if err := c.Send(append([]byte{byte(wire.ComQuery)}, sql...)); err != nil {
		return err
	}
	packet, err := c.Conn.ReadPacket(1 << 20)
	if err != nil {
		return err
	}
	if len(packet) == 0 || packet[0] != 0xfb {
		return c.accepted(packet)
	}
	for i, part := range append(slices.Clone(parts), "") {
		if before != nil {
			before(i)
		}
		if err := c.send([]byte(part)); err != nil {
			return err
		}
	}
	if packet, err = c.Conn.ReadPacket(1 << 20); err != nil {
		return err
	}
	return c.accepted(packet)
}

// accepted returns nil for an OK packet.
func (c *Client) accepted(packet []byte) error {
	switch {
	case len(packet) > 0 && packet[0] == 0:
		return nil
	case len(packet) > 0 && packet[0] == 0xff:
		return packetError(packet)
	}
	return fmt.Errorf("neither OK nor error: %q", packet)
}
