//go:build !js

package main

import (
	"fmt"
	"net"
	"strings"
)

// banner prints, on one screen, what listens where and how to log in.
func (p *program) banner() {
	var b strings.Builder
	fmt.Fprintf(&b, "Signalbox %s\n\n", versionText())
	fmt.Fprintf(&b, "  %-26s %s\n", "Console and REST API", p.url())
	for _, l := range p.engine.Listeners() {
		fmt.Fprintf(&b, "  %-26s %s  →  %s\n", l.Object.Name, l.Addr, l.Service)
	}
	for _, s := range p.engine.Servers() {
		fmt.Fprintf(&b, "  %-26s %s  %s\n", s.Object.Name, serverAddress(s.Object.Values.String("socket"), s.Object.Values.String("address"), s.Object.Values.Int("port")), s.State)
	}
	switch {
	case p.setup.demo != nil:
		p.demoBanner(&b)
	case p.admin.SetupCode() != "":
		fmt.Fprintf(&b, "\nThere is no user yet. Open %s and enter this code to make the first one:\n\n  %s\n\nOr:  signalbox user create NAME -role admin -password-stdin -config %s\n",
			p.url(), p.admin.SetupCode(), p.setup.options.config)
	}
	b.WriteString("\nCtrl-C ends it.\n")
	_, _ = p.out.Write([]byte(b.String())) // a terminal that has gone is no reason to end
}

func (p *program) demoBanner(b *strings.Builder) {
	b.WriteString("\nThis is the demo: the two servers are in this process and forget everything at its end.\n")
	fmt.Fprintf(b, "\n  Log in to the console as")
	for i, a := range demoAccounts {
		if i > 0 {
			b.WriteString(" or")
		}
		fmt.Fprintf(b, " %s / %s (%s)", a.name, a.password, a.role)
	}
	b.WriteString("\n  Connect as a client with\n\n")
	for _, name := range []string{"RW-Split-Listener", "Read-Connection-Listener"} {
		if host, port, err := net.SplitHostPort(listenerAddress(p.engine, name)); err == nil {
			fmt.Fprintf(b, "    mariadb -h%s -P%s -udemo -pdemo shop\n", host, port)
		}
	}
	fmt.Fprintf(b, "\n  %d demo clients (program_name demo-…) keep it busy; -demo-clients 0 for none.\n", p.setup.options.demoClients)
}

// url is where a browser on this machine finds the console.
func (p *program) url() string {
	scheme := "http"
	if p.engine.MaxScale().Values.String("admin_ssl_cert") != "" {
		scheme = "https"
	}
	address := p.listener.Addr().String()
	if host, port, err := net.SplitHostPort(address); err == nil {
		if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
			address = net.JoinHostPort("localhost", port)
		}
	}
	return scheme + "://" + address + p.setup.basePath(p.engine.MaxScale())
}

func serverAddress(socket, address string, port int64) string {
	if socket != "" {
		return socket
	}
	return net.JoinHostPort(address, fmt.Sprint(port))
}
