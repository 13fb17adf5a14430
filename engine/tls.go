package engine

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/signalbox/signalbox/engine/module"
)

// ReloadTLS reads the certificates, keys, authorities and revocations of all
// listeners and servers of e again. New connections use the new ones; those that
// stand go on. What cannot be read stays as it was, and is in the error, which
// is Invalid.
func ReloadTLS(e *Engine) error {
	var failed []error
	for _, l := range e.listeners.list {
		config, err := listenerTLS(l.object)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		l.tls.Store(config)
	}
	for _, s := range e.servers.list {
		config, err := serverTLS(s.object)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		s.tls.Store(config)
	}
	if err := errors.Join(failed...); err != nil {
		return Errorf(Invalid, "reload TLS: the former certificates stay where this is wrong: %w", err)
	}
	e.logger.Log(e.ctx, LevelNotice, "TLS certificates read again")
	return nil
}

// serverTLS makes the TLS configuration for connections to a server, nil when
// they are to be plain.
func serverTLS(o module.Object) (*tls.Config, error) {
	v := o.Values
	if !v.Bool("ssl") {
		return nil, nil
	}
	config, err := baseTLS(o)
	if err != nil {
		return nil, err
	}
	config.ServerName = v.String("address")
	verify, host := v.Bool("ssl_verify_peer_certificate"), v.Bool("ssl_verify_peer_host")
	if !verify || !host {
		// Verification, as far as it is wanted, is done by hand below.
		config.InsecureSkipVerify = true
	}
	depth := int(v.Int("ssl_cert_verify_depth"))
	switch {
	case verify && host:
		config.VerifyConnection = func(state tls.ConnectionState) error { return shortEnough(state.VerifiedChains, depth) }
	case verify:
		config.VerifyConnection = func(state tls.ConnectionState) error {
			return verifyChain(state, config.RootCAs, depth)
		}
	case host:
		config.VerifyConnection = func(state tls.ConnectionState) error {
			return state.PeerCertificates[0].VerifyHostname(config.ServerName)
		}
	}
	return config, nil
}

// listenerTLS makes the TLS configuration of a listener, nil without TLS.
func listenerTLS(o module.Object) (*tls.Config, error) {
	v := o.Values
	if !v.Bool("ssl") {
		return nil, nil
	}
	if v.String("ssl_cert") == "" {
		return nil, Errorf(Invalid, "listener %s: ssl is on without a certificate: set ssl_cert and ssl_key", o.Name)
	}
	config, err := baseTLS(o)
	if err != nil {
		return nil, err
	}
	config.ClientCAs = config.RootCAs
	verify := v.Bool("ssl_verify_peer_certificate") || v.Bool("ssl_verify_peer_host")
	switch {
	case verify && config.ClientCAs == nil:
		return nil, Errorf(Invalid, "listener %s: certificates of clients are to be verified: set ssl_ca to the authorities that they come from", o.Name)
	case verify:
		config.ClientAuth = tls.RequireAndVerifyClientCert
	case v.String("ssl_crl") != "":
		return nil, Errorf(Invalid, "listener %s: ssl_crl has no effect without certificates of clients: set ssl_verify_peer_certificate=true", o.Name)
	}
	revoked, err := readCRL(o)
	if err != nil {
		return nil, err
	}
	depth := int(v.Int("ssl_cert_verify_depth"))
	config.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.VerifiedChains) == 0 {
			return nil // no certificate, which may be left out here
		}
		if err := revoked.check(state.VerifiedChains); err != nil {
			return err
		}
		return shortEnough(state.VerifiedChains, depth)
	}
	return config, nil
}

// baseTLS makes what listeners and servers have in common: the versions, the own
// certificate and the authorities, which are the system's when RootCAs is nil.
func baseTLS(o module.Object) (*tls.Config, error) {
	v := o.Values
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if err := setVersions(config, v.List("ssl_version")); err != nil {
		return nil, Errorf(Invalid, "%s %s: ssl_version: %w", o.Kind, o.Name, err)
	}
	var err error
	if config.CipherSuites, err = cipherSuites(v.String("ssl_cipher")); err != nil {
		return nil, Errorf(Invalid, "%s %s: ssl_cipher: %w", o.Kind, o.Name, err)
	}
	if file := v.String("ssl_ca"); file != "" {
		pool, err := readCA(file)
		if err != nil {
			return nil, Errorf(Invalid, "%s %s: ssl_ca: %w", o.Kind, o.Name, err)
		}
		config.RootCAs = pool
	}
	if cert := v.String("ssl_cert"); cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, v.String("ssl_key"))
		if err != nil {
			return nil, Errorf(Invalid, "%s %s: ssl_cert: %w", o.Kind, o.Name, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// setVersions allows the TLS versions of ssl_version. MAX means all that are
// safe.
func setVersions(config *tls.Config, names []string) error {
	known := map[string]uint16{"10": tls.VersionTLS10, "11": tls.VersionTLS11, "12": tls.VersionTLS12, "13": tls.VersionTLS13}
	var versions []uint16
	for _, name := range names {
		if name == "MAX" {
			return nil
		}
		versions = append(versions, known[strings.ReplaceAll(strings.TrimPrefix(name, "TLSv"), ".", "")])
	}
	if len(versions) == 0 {
		return nil
	}
	slices.Sort(versions)
	versions = slices.Compact(versions)
	config.MinVersion, config.MaxVersion = versions[0], versions[len(versions)-1]
	if int(config.MaxVersion-config.MinVersion)+1 != len(versions) {
		return fmt.Errorf("'%s' leaves out a version between two others: name those too", strings.Join(names, ","))
	}
	return nil
}

func verifyChain(state tls.ConnectionState, roots *x509.CertPool, depth int) error {
	options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
	for _, cert := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(cert)
	}
	chains, err := state.PeerCertificates[0].Verify(options)
	if err != nil {
		return err
	}
	return shortEnough(chains, depth)
}

// shortEnough checks that one of the chains has no more authorities above the
// peer's certificate than depth.
func shortEnough(chains [][]*x509.Certificate, depth int) error {
	for _, chain := range chains {
		if len(chain)-1 <= depth {
			return nil
		}
	}
	return fmt.Errorf("the chain of certificates is longer than ssl_cert_verify_depth, %d", depth)
}

func readCA(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", file)
	}
	return pool, nil
}

// revocations are the lists of ssl_crl.
type revocations []*x509.RevocationList

// readCRL reads a listener's ssl_crl: lists in PEM form.
func readCRL(o module.Object) (revocations, error) {
	file := o.Values.String("ssl_crl")
	if file == "" {
		return nil, nil
	}
	rest, err := os.ReadFile(file)
	if err != nil {
		return nil, Errorf(Invalid, "listener %s: ssl_crl: %w", o.Name, err)
	}
	var lists revocations
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		list, err := x509.ParseRevocationList(block.Bytes)
		if err != nil {
			return nil, Errorf(Invalid, "listener %s: ssl_crl: %s: %w", o.Name, file, err)
		}
		lists = append(lists, list)
	}
	if len(lists) == 0 {
		return nil, Errorf(Invalid, "listener %s: ssl_crl: %s holds no list of revoked certificates in PEM form", o.Name, file)
	}
	return lists, nil
}

// check fails when a certificate of every chain has been revoked by the
// authority that it comes from.
func (r revocations) check(chains [][]*x509.Certificate) error {
	var err error
	for _, chain := range chains {
		if err = r.checkChain(chain); err == nil {
			return nil
		}
	}
	return err
}

func (r revocations) checkChain(chain []*x509.Certificate) error {
	for i, cert := range chain[:len(chain)-1] {
		for _, list := range r {
			if list.CheckSignatureFrom(chain[i+1]) != nil {
				continue
			}
			for _, entry := range list.RevokedCertificateEntries {
				if entry.SerialNumber.Cmp(cert.SerialNumber) == 0 {
					return fmt.Errorf("certificate %s of %s has been revoked", cert.SerialNumber, cert.Subject)
				}
			}
		}
	}
	return nil
}

// checkPeerHost checks that a client's certificate is for the address that the
// client has, as ssl_verify_peer_host wants it.
func checkPeerHost(state tls.ConnectionState, addr netip.Addr) error {
	if len(state.PeerCertificates) == 0 {
		return errors.New("the client shows no certificate")
	}
	if !addr.IsValid() {
		return state.PeerCertificates[0].VerifyHostname("localhost")
	}
	return state.PeerCertificates[0].VerifyHostname(addr.String())
}
