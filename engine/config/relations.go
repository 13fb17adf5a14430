package config

import (
	"cmp"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/signalbox/signalbox/engine/module"
)

// relations checks what objects say of each other.
func (c *checker) relations() {
	byName := make(map[string]*module.Object, len(c.objects))
	names := make(map[module.Kind][]string)
	for i := range c.objects {
		o := &c.objects[i]
		byName[o.Name] = o
		names[o.Kind] = append(names[o.Kind], o.Name)
	}
	for i := range c.objects {
		o := &c.objects[i]
		if m := findModule(c.decls, o.Kind, o.Module); m != nil {
			for _, p := range m.AllParameters() {
				c.references(o, p, byName, names)
			}
		}
		switch o.Kind {
		case module.Server:
			c.server(o)
		case module.Service:
			c.service(o)
		case module.Listener:
			c.listener(o)
		case module.MaxScale:
			c.program(o)
		}
	}
	c.monitors()
	c.addresses()
	if len(c.problems) == 0 {
		c.unused()
	}
}

// references checks that the objects that a parameter names are there and of
// the right kind.
func (c *checker) references(o *module.Object, p module.Parameter, byName map[string]*module.Object, names map[module.Kind][]string) {
	var kind module.Kind
	referred := o.Values.List(p.Name)
	switch p.Type {
	case module.ServerList, module.TargetList:
		kind = module.Server
	case module.FilterList:
		kind = module.Filter
	case module.ServerRef:
		kind = module.Server
	case module.ServiceRef:
		kind = module.Service
	case module.MonitorRef:
		kind = module.Monitor
	default:
		return
	}
	if name := o.Values.String(p.Name); name != "" {
		referred = []string{name}
	}
	for _, name := range referred {
		other := byName[name]
		switch {
		case other == nil:
			want := "define it in a section [" + short(name) + "]"
			if near := module.Nearest(name, names[kind]); near != "" {
				want = "did you mean '" + near + "'?"
			}
			c.wrong(o, p.Name, "there is no %s '%s'; %s", kind, short(name), want)
		case other.Kind == "": // its own problem has been told
		case other.Kind == module.Service && p.Type == module.TargetList:
			c.wrong(o, p.Name, "'%s' is a service; a service as the target of another one is not possible yet, name its servers", name)
		case other.Kind != kind:
			c.wrong(o, p.Name, "'%s' is a %s; a %s is needed", name, other.Kind, kind)
		}
	}
}

func (c *checker) server(o *module.Object) {
	c.certificate(o, "ssl_cert", "ssl_key")
	address, socket := o.Values.String("address"), o.Values.String("socket")
	switch {
	case address == "" && socket == "":
		c.wrong(o, "address", "is missing; set address, or socket for a server on this host")
	case address != "" && socket != "":
		c.wrong(o, "socket", "is set, and so is address; keep one of them")
	}
}

func (c *checker) service(o *module.Object) {
	if o.Module == "" {
		return
	}
	var set []string
	for _, name := range []string{"servers", "targets", "cluster"} {
		if o.Values.Text(name) != "" {
			set = append(set, name)
		}
	}
	switch {
	case len(set) == 0:
		c.wrong(o, "servers", "is missing; set servers, or cluster to a monitor whose servers it shall use")
	case len(set) > 1:
		c.wrong(o, set[1], "is set, and so is %s; keep one of them", set[0])
	}
}

func (c *checker) listener(o *module.Object) {
	c.certificate(o, "ssl_cert", "ssl_key")
	port, socket := o.Values.Set("port"), o.Values.String("socket") != ""
	switch {
	case !port && !socket:
		c.wrong(o, "port", "is missing; set port, or socket for clients on this host")
	case port && socket:
		c.wrong(o, "socket", "is set, and so is port; keep one of them")
	}
	if o.Values.Bool("ssl") && o.Values.String("ssl_cert") == "" {
		c.wrong(o, "ssl", "is on without a certificate; set ssl_cert and ssl_key")
	}
}

func (c *checker) program(o *module.Object) {
	c.certificate(o, "admin_ssl_cert", "admin_ssl_key")
	if name := o.Values.String("admin_environment"); !module.IsEnvironment(name) {
		c.wrong(o, "admin_environment", "'%s' is not one word of at most 16 letters, digits, - and _", short(name))
	}
}

// certificate checks that a certificate and its key are both set or both not.
func (c *checker) certificate(o *module.Object, cert, key string) {
	if o.Values.String(cert) == "" {
		cert, key = key, cert
	}
	if o.Values.String(cert) != "" && o.Values.String(key) == "" {
		c.wrong(o, cert, "is set without %s; set both", key)
	}
}

// monitors checks that no server has two monitors.
func (c *checker) monitors() {
	monitor := map[string]string{}
	for i := range c.objects {
		o := &c.objects[i]
		if o.Kind != module.Monitor || o.Module == "" {
			continue
		}
		if len(o.Values.List("servers")) == 0 {
			c.warn(o, "servers", "is not set: the monitor does nothing")
		}
		for _, server := range o.Values.List("servers") {
			if other := monitor[server]; other != "" {
				c.wrong(o, "servers", "'%s' is monitored by '%s' too; name it in one of them", short(server), other)
			}
			monitor[server] = cmp.Or(monitor[server], o.Name)
		}
	}
}

// addresses checks that nothing listens where something else does.
func (c *checker) addresses() {
	type place struct {
		o             *module.Object
		host, port    string
		hostParameter string
	}
	var places []place
	for i := range c.objects {
		o := &c.objects[i]
		v := o.Values
		p := place{o: o}
		switch {
		case o.Kind == module.MaxScale:
			p.host, p.port, p.hostParameter = v.String("admin_host"), strconv.FormatInt(v.Int("admin_port"), 10), "admin_port"
		case o.Kind == module.Listener && v.String("socket") != "":
			p.host, p.hostParameter = v.String("socket"), "socket"
		case o.Kind == module.Listener:
			p.host, p.port, p.hostParameter = v.String("address"), strconv.FormatInt(v.Int("port"), 10), "port"
		}
		if p.host == "" || p.port == "0" {
			continue
		}
		for _, other := range places {
			if p.port != other.port || !(p.host == other.host || p.port != "" && overlap(p.host, other.host)) {
				continue
			}
			where := p.host
			if p.port != "" {
				where = net.JoinHostPort(p.host, p.port)
			}
			c.wrong(o, p.hostParameter, "[%s] listens on %s too; give each its own", other.o.Name, where)
			break
		}
		places = append(places, p)
	}
}

// overlap reports whether listening on one address leaves no room to listen on
// the other with the same port: :: takes all addresses, 0.0.0.0 all of IPv4.
func overlap(a, b string) bool {
	x, errX := netip.ParseAddr(strings.Trim(a, "[]"))
	y, errY := netip.ParseAddr(strings.Trim(b, "[]"))
	if errX != nil || errY != nil {
		return errX == nil && x.IsUnspecified() || errY == nil && y.IsUnspecified()
	}
	x, y = x.Unmap(), y.Unmap()
	covers := func(x, y netip.Addr) bool { return x.IsUnspecified() && (x.Is6() || y.Is4()) }
	return x == y || covers(x, y) || covers(y, x)
}

// unused warns of objects that have no effect.
func (c *checker) unused() {
	listened, monitored := map[string]bool{}, map[string]bool{}
	for _, o := range c.objects {
		switch o.Kind {
		case module.Listener:
			listened[o.Values.String("service")] = true
		case module.Monitor:
			for _, server := range o.Values.List("servers") {
				monitored[server] = true
			}
		}
	}
	for i := range c.objects {
		o := &c.objects[i]
		switch {
		case o.Kind == module.Service && !listened[o.Name]:
			c.warn(o, "", "no listener leads to the service: nobody can connect to it")
		case o.Kind == module.Server && !monitored[o.Name]:
			c.warn(o, "", "no monitor watches the server: it is never known to be the primary or a replica")
		}
	}
}
