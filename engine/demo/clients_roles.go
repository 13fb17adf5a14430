package demo

import (
	"context"
	"fmt"
	"time"
)

// This file is what the kinds of demo clients do in one turn.

// shop looks at products and now and then orders some.
func (c *client) shop(ctx context.Context) error {
	category := []string{"furniture", "lighting", "textile", "kitchen"}[c.dice.IntN(4)]
	if err := c.query(ctx, "SELECT id, name, price FROM products WHERE category = ? AND stock > 0 ORDER BY price LIMIT 10", category); err != nil {
		return err
	}
	c.pause(ctx, 300*time.Millisecond, 2*time.Second)
	customer, product := 1+c.dice.IntN(400), 1+c.dice.IntN(120)
	if err := c.query(ctx, fmt.Sprint("SELECT name, city FROM customers WHERE id = ", customer)); err != nil {
		return err
	}
	c.pause(ctx, 300*time.Millisecond, 2*time.Second)
	switch {
	case c.every(50): // what clients have ordered is not kept for ever
		return c.exec(ctx,
			"DELETE FROM order_lines WHERE order_id > 1000 AND order_id IN (SELECT id FROM orders WHERE created < DATE_SUB(NOW(), INTERVAL 1 HOUR))",
			"DELETE FROM orders WHERE id > 1000 AND created < DATE_SUB(NOW(), INTERVAL 1 HOUR)")
	case c.every(4):
		return c.order(ctx, customer, product)
	case c.every(11): // a client with a mistake in it
		_ = c.exec(ctx, "SELECT discount FROM products")
	}
	return nil
}

func (c *client) order(ctx context.Context, customer, product int) error {
	if err := c.exec(ctx, "START TRANSACTION", fmt.Sprintf("INSERT INTO orders (customer_id) VALUES (%d)", customer)); err != nil {
		return err
	}
	c.pause(ctx, time.Second, 6*time.Second) // the customer thinks it over
	if c.every(12) {
		return c.exec(ctx, "ROLLBACK")
	}
	return c.exec(ctx,
		fmt.Sprintf("INSERT INTO order_lines (order_id, product_id, quantity) VALUES (LAST_INSERT_ID(), %d, %d)", product, 1+c.dice.IntN(3)),
		fmt.Sprintf("UPDATE products SET stock = stock - 1 WHERE id = %d AND stock > 0", product),
		"COMMIT")
}

// bank moves money between two accounts.
func (c *client) bank(ctx context.Context) error {
	debtor, creditor, amount := 1000+c.dice.IntN(200), 1000+c.dice.IntN(200), 1+c.dice.IntN(50)
	if err := c.query(ctx, "SELECT owner, balance FROM accounts WHERE id IN (?, ?)", debtor, creditor); err != nil {
		return err
	}
	if c.every(40) {
		if err := c.exec(ctx, "DELETE FROM transfers WHERE booked < DATE_SUB(NOW(), INTERVAL 1 HOUR)"); err != nil {
			return err
		}
	}
	if err := c.exec(ctx, "BEGIN", fmt.Sprintf("UPDATE accounts SET balance = balance - %d WHERE id = %d", amount, debtor)); err != nil {
		return err
	}
	c.pause(ctx, 500*time.Millisecond, 5*time.Second)
	err := c.exec(ctx,
		fmt.Sprintf("UPDATE accounts SET balance = balance + %d WHERE id = %d", amount, creditor),
		fmt.Sprintf("INSERT INTO transfers (debtor, creditor, amount) VALUES (%d, %d, %d)", debtor, creditor, amount),
		"COMMIT")
	c.pause(ctx, time.Second, 5*time.Second)
	return err
}

// collect writes samples and deletes old ones.
func (c *client) collect(ctx context.Context) error {
	host := 1 + c.dice.IntN(24)
	if _, err := c.conn.ExecContext(ctx, "INSERT INTO samples VALUES (?, NOW(3), ?, ?)",
		host, []string{"cpu", "memory", "disk"}[c.dice.IntN(3)], c.dice.Float64()*100); err != nil {
		return err
	}
	if c.every(60) {
		if err := c.exec(ctx, "DELETE FROM samples WHERE taken < DATE_SUB(NOW(), INTERVAL 1 HOUR)"); err != nil {
			return err
		}
	}
	c.pause(ctx, 300*time.Millisecond, 1500*time.Millisecond)
	return nil
}

// report reads a lot, and sometimes for a long time.
func (c *client) report(ctx context.Context) error {
	statement := "SELECT p.category, COUNT(*), SUM(l.quantity * p.price) FROM order_lines l JOIN products p ON p.id = l.product_id GROUP BY p.category"
	switch {
	case c.every(6):
		statement = fmt.Sprintf("SELECT COUNT(*), SLEEP(%d) FROM customers WHERE id = 1", 6+c.dice.IntN(15))
	case c.every(2):
		statement = "SELECT c.city, COUNT(*) FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.status = 'sent' GROUP BY c.city ORDER BY 2 DESC"
	}
	if err := c.query(ctx, statement); err != nil {
		return err
	}
	c.pause(ctx, 2*time.Second, 12*time.Second)
	return nil
}

// watch asks the same few questions all the time.
func (c *client) watch(ctx context.Context) error {
	if err := c.exec(ctx, "SET @site = 'north'"); err != nil {
		return err
	}
	if err := c.query(ctx, "SELECT h.name, MAX(s.value) FROM hosts h JOIN samples s ON s.host_id = h.id WHERE h.site = @site AND s.name = 'cpu' GROUP BY h.name"); err != nil {
		return err
	}
	c.pause(ctx, time.Second, 4*time.Second)
	return nil
}
