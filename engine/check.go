package engine

import (
	"errors"

	"github.com/signalbox/signalbox/engine/auth"
	"github.com/signalbox/signalbox/engine/module"
)

// Check says what New would refuse of how clients and the proxy log in:
// certificates, authenticators, networks, and files of accounts. It reads files,
// and opens and changes nothing. The error is Invalid.
func Check(o Options) error {
	services := make(map[string]*Service)
	for _, object := range o.Objects {
		if object.Kind == module.Service {
			s := &Service{object: object}
			for _, m := range o.Modules.Routers {
				s.single = s.single || m.Name == object.Module && m.Single
			}
			services[object.Name] = s
		}
	}
	var wrong []error
	for _, object := range o.Objects {
		switch object.Kind {
		case module.Server:
			_, err := serverTLS(object)
			wrong = append(wrong, err)
		case module.Service:
			wrong = append(wrong, checkAccountsFile(object))
		case module.Listener:
			_, err := listenerTLS(object)
			wrong = append(wrong, err)
			if s := services[object.Values.String("service")]; s != nil {
				wrong = append(wrong, (&Listener{object: object, service: s}).configure())
			}
		}
	}
	return errors.Join(wrong...)
}

// checkAccountsFile checks a service's user_accounts_file.
func checkAccountsFile(o module.Object) error {
	if file := o.Values.String("user_accounts_file"); file != "" {
		if _, err := auth.ReadAccounts(file); err != nil {
			return Errorf(Invalid, "service %s: user_accounts_file: %w", o.Name, err)
		}
	}
	return nil
}
