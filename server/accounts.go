package server

import (
	"errors"
	"net/http"
	"time"

	"github.com/signalbox/signalbox/api"
)

// accounts serves the users of the REST API and the console.
type accounts struct {
	users   *Users
	changed func(name string)       // a user's rights or password have changed
	forget  func(user string) error // what is kept for a user who goes
}

func userResource(c *call, u user, login time.Time) api.User {
	r := api.User{
		ID: u.Name, Type: "inet",
		Attributes: api.UserAttributes{Name: u.Name, Account: string(u.Role), Created: httpDate(u.Created)},
	}
	if u.Updated != nil {
		updated := httpDate(*u.Updated)
		r.Attributes.LastUpdate = &updated
	}
	if !login.IsZero() {
		at := httpDate(login)
		r.Attributes.LastLogin = &at
	}
	r.Links = &api.Links{Self: c.link("users", "inet", u.Name)}
	return r
}

func (u accounts) all(c *call) (answer, error) {
	users, logins := u.users.list()
	rows := make([]api.User, len(users))
	for i, account := range users {
		rows[i] = userResource(c, account, logins[account.Name])
	}
	return many(c, rows, c.link("users", "inet")), nil
}

// unix serves GET /v1/users/unix: there are no such users.
func (u accounts) unix(c *call) (answer, error) {
	return many(c, []api.User{}, c.link("users", "unix")), nil
}

func (u accounts) one(c *call) (answer, error) {
	users, logins := u.users.list()
	for _, account := range users {
		if account.Name == c.PathValue("id") {
			return one(c, userResource(c, account, logins[account.Name]), c.link("users", "inet", account.Name)), nil
		}
	}
	return answer{}, notA(c, "user")
}

// userBody is the body of a POST or a PATCH.
type userBody struct {
	Data *struct {
		ID         string `json:"id"`
		Attributes struct {
			Password *string `json:"password"`
			Account  string  `json:"account"`
		} `json:"attributes"`
	} `json:"data"`
}

func (c *call) userBody() (userBody, error) {
	var body userBody
	if err := c.decode(&body); err != nil {
		return body, err
	}
	if body.Data == nil {
		return body, refuse(http.StatusBadRequest, "the request has no 'data'")
	}
	return body, nil
}

// create serves POST /v1/users/inet.
func (u accounts) create(c *call) (answer, error) {
	body, err := c.userBody()
	if err != nil {
		return answer{}, err
	}
	role := Role(body.Data.Attributes.Account)
	c.record.After = map[string]any{"user": clip(body.Data.ID), "account": clip(string(role))}
	if body.Data.Attributes.Password == nil {
		return answer{}, refuse(http.StatusBadRequest, "the request has no /data/attributes/password")
	}
	return answer{}, userProblem(u.users.Create(body.Data.ID, *body.Data.Attributes.Password, role))
}

// alter serves PATCH /v1/users/inet/:id: only the password can be changed.
func (u accounts) alter(c *call) (answer, error) {
	name := c.PathValue("id")
	account, ok := u.users.find(name)
	if !ok {
		return answer{}, notA(c, "user")
	}
	body, err := c.userBody()
	if err != nil {
		return answer{}, err
	}
	if id := body.Data.ID; id != "" && id != name {
		return answer{}, refuse(http.StatusConflict, "the body is about user %s, the path about user %s", clip(id), name)
	}
	if role := body.Data.Attributes.Account; role != "" && Role(role) != account.Role {
		return answer{}, refuse(http.StatusBadRequest, "the account type of a user cannot be changed: delete and create the user")
	}
	password := body.Data.Attributes.Password
	if password == nil {
		return answer{}, refuse(http.StatusBadRequest, "the request has no /data/attributes/password")
	}
	c.record.After = map[string]any{"password": "*****"}
	if err := u.users.SetPassword(name, *password); err != nil {
		return answer{}, userProblem(err)
	}
	u.changed(name)
	return answer{}, nil
}

// remove serves DELETE /v1/users/inet/:id.
func (u accounts) remove(c *call) (answer, error) {
	name := c.PathValue("id")
	account, ok := u.users.find(name)
	if !ok {
		return answer{}, notA(c, "user")
	}
	c.record.Before = map[string]any{"account": account.Role}
	c.intend()
	if err := u.users.Delete(name); err != nil {
		return answer{}, userProblem(err)
	}
	u.changed(name)
	return answer{}, u.forget(name)
}

// userProblem translates an error of Users.
func userProblem(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrNoUser):
		return refuse(http.StatusNotFound, "%v", err)
	case errors.Is(err, ErrUserExists), errors.Is(err, ErrLastAdmin):
		return refuse(http.StatusBadRequest, "%v", err)
	}
	if wrong, ok := errors.AsType[*accountError](err); ok {
		return refuse(http.StatusBadRequest, "%v", wrong)
	}
	return err // of the file: nobody's business but the log's
}
