package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// This file reads and writes the file of users.

type usersFile struct {
	Users []*user `json:"users"`
}

// read replaces the accounts by those in the file if it has changed.
func (u *Users) read() error {
	if u.path == "" {
		return nil
	}
	u.checked = u.now()
	stamp, err := os.Stat(u.path)
	if errors.Is(err, fs.ErrNotExist) {
		u.users, u.stamp = map[string]*user{}, nil
		return nil
	}
	if err != nil {
		return fmt.Errorf("users: %w", err)
	}
	if u.stamp != nil && os.SameFile(stamp, u.stamp) && stamp.ModTime().Equal(u.stamp.ModTime()) && stamp.Size() == u.stamp.Size() {
		return nil
	}
	if stamp.Size() > maxUsersFile {
		return fmt.Errorf("users: %s: larger than %d bytes", u.path, maxUsersFile)
	}
	text, err := os.ReadFile(u.path)
	if err != nil {
		return fmt.Errorf("users: %w", err)
	}
	users, err := parseUsers(text)
	if err != nil {
		return fmt.Errorf("users: %s: %w", u.path, err)
	}
	u.users, u.stamp = users, stamp
	return nil
}

func parseUsers(text []byte) (map[string]*user, error) {
	var file usersFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	users := make(map[string]*user, len(file.Users))
	for i, account := range file.Users {
		if account == nil {
			return nil, fmt.Errorf("user %d is null", i+1)
		}
		if err := checkUserName(account.Name); err != nil {
			return nil, fmt.Errorf("user %d: %w", i+1, err)
		}
		if err := checkRole(account.Role); err != nil {
			return nil, fmt.Errorf("user %s: %w", account.Name, err)
		}
		if _, err := parseHash(account.Hash); err != nil {
			return nil, fmt.Errorf("user %s: password: %w", account.Name, err)
		}
		if users[account.Name] != nil {
			return nil, fmt.Errorf("user %s stands there twice", account.Name)
		}
		users[account.Name] = account
	}
	return users, nil
}

// refresh reads the file again when it is time to look. A file that has become
// unreadable leaves the accounts as they were.
func (u *Users) refresh() {
	if u.now().Sub(u.checked) >= usersCheck {
		_ = u.read()
	}
}

// write replaces the file in one step.
func (u *Users) write(users map[string]*user) error {
	if u.path == "" {
		return nil
	}
	var file usersFile
	for _, account := range users {
		file.Users = append(file.Users, account)
	}
	slices.SortFunc(file.Users, func(a, b *user) int { return strings.Compare(a.Name, b.Name) })
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	if err := replaceFile(u.path, append(text, '\n')); err != nil {
		return err
	}
	u.stamp, err = os.Stat(u.path)
	return err
}

// replaceFile writes text beside path and renames it, so that a reader sees the
// old file or the new one and a crash leaves one of them.
func replaceFile(path string, text []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), usersFolderMode); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
