-- What the in-process SQL servers of the demo hold. One statement ends where a
-- line ends with a semicolon. The tables have primary keys only, because
-- secondary indexes of the store in memory do not follow a ROLLBACK.

-- The proxy's own accounts: signalbox reads the accounts of clients and kills
-- statements, monitor watches the servers.
CREATE USER 'signalbox'@'%' IDENTIFIED WITH mysql_native_password BY 'signalbox-demo';
GRANT SELECT ON mysql.* TO 'signalbox'@'%';
GRANT SUPER ON *.* TO 'signalbox'@'%';
CREATE USER 'monitor'@'%' IDENTIFIED WITH mysql_native_password BY 'monitor-demo';
GRANT REPLICATION CLIENT ON *.* TO 'monitor'@'%';

-- The account for people.
CREATE USER 'demo'@'%' IDENTIFIED WITH mysql_native_password BY 'demo';
GRANT ALL ON *.* TO 'demo'@'%';

-- The accounts of the demo clients.
CREATE USER 'webshop'@'%' IDENTIFIED WITH mysql_native_password BY 'webshop-demo';
CREATE USER 'teller'@'%' IDENTIFIED WITH mysql_native_password BY 'teller-demo';
CREATE USER 'collector'@'%' IDENTIFIED WITH mysql_native_password BY 'collector-demo';
CREATE USER 'analyst'@'%' IDENTIFIED WITH mysql_native_password BY 'analyst-demo';

SET @@cte_max_recursion_depth = 5000;

CREATE DATABASE shop;
USE shop;
CREATE TABLE customers (
  id INT PRIMARY KEY AUTO_INCREMENT,
  name VARCHAR(60) NOT NULL,
  email VARCHAR(80) NOT NULL,
  city VARCHAR(40) NOT NULL,
  since DATE NOT NULL
);
INSERT INTO customers (name, email, city, since)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 399)
SELECT
  CONCAT(ELT(1 + i % 10, 'Aino', 'Bruno', 'Chiara', 'Dario', 'Elif', 'Farid', 'Greta', 'Hugo', 'Ines', 'Jonas'), ' ',
         ELT(1 + i DIV 10 % 10, 'Laine', 'Moreau', 'Novak', 'Olsen', 'Petrov', 'Rossi', 'Schmidt', 'Tanaka', 'Urban', 'Virtanen')),
  CONCAT('customer', i + 1, '@example.com'),
  ELT(1 + i * 7 % 8, 'Turku', 'Lyon', 'Brno', 'Oslo', 'Graz', 'Porto', 'Ghent', 'Cork'),
  DATE_ADD('2021-01-01', INTERVAL i * 5 DAY)
FROM n;
CREATE TABLE products (
  id INT PRIMARY KEY AUTO_INCREMENT,
  name VARCHAR(60) NOT NULL,
  category VARCHAR(20) NOT NULL,
  price DECIMAL(9,2) NOT NULL,
  stock INT NOT NULL
);
INSERT INTO products (name, category, price, stock)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 119)
SELECT
  CONCAT(ELT(1 + i % 6, 'Oak', 'Steel', 'Linen', 'Cork', 'Wool', 'Glass'), ' ',
         ELT(1 + i DIV 6 % 10, 'chair', 'lamp', 'curtain', 'desk', 'blanket', 'jug', 'shelf', 'stool', 'rug', 'bowl'), ' ', i DIV 60 + 1),
  ELT(1 + i % 4, 'furniture', 'lighting', 'textile', 'kitchen'),
  9.90 + i * 37 % 240,
  20 + i * 13 % 400
FROM n;
CREATE TABLE orders (
  id INT PRIMARY KEY AUTO_INCREMENT,
  customer_id INT NOT NULL,
  status VARCHAR(12) NOT NULL DEFAULT 'open',
  created DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO orders (customer_id, status, created)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
SELECT 1 + i * 31 % 400, ELT(1 + i % 5, 'open', 'paid', 'packed', 'sent', 'closed'), DATE_SUB(NOW(), INTERVAL (1000 - i) * 17 MINUTE)
FROM n;
CREATE TABLE order_lines (
  id INT PRIMARY KEY AUTO_INCREMENT,
  order_id INT NOT NULL,
  product_id INT NOT NULL,
  quantity INT NOT NULL
);
INSERT INTO order_lines (order_id, product_id, quantity)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1999)
SELECT 1 + i DIV 2, 1 + i * 7 % 120, 1 + i % 3 FROM n;

CREATE DATABASE bank;
USE bank;
CREATE TABLE accounts (
  id INT PRIMARY KEY,
  owner VARCHAR(60) NOT NULL,
  balance DECIMAL(12,2) NOT NULL
);
INSERT INTO accounts
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199)
SELECT 1000 + i,
  CONCAT(ELT(1 + i % 5, 'Nora', 'Oskar', 'Paula', 'Quinn', 'Runa'), ' ', ELT(1 + i DIV 5 % 8, 'Berg', 'Costa', 'Dahl', 'Eder', 'Fox', 'Gil', 'Horn', 'Ito')),
  500 + i * 97 % 9000
FROM n;
CREATE TABLE transfers (
  id INT PRIMARY KEY AUTO_INCREMENT,
  debtor INT NOT NULL,
  creditor INT NOT NULL,
  amount DECIMAL(12,2) NOT NULL,
  booked DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE DATABASE metrics;
USE metrics;
CREATE TABLE hosts (
  id INT PRIMARY KEY,
  name VARCHAR(40) NOT NULL,
  site VARCHAR(20) NOT NULL
);
INSERT INTO hosts
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 24)
SELECT i, CONCAT(ELT(1 + i % 3, 'web', 'app', 'db'), '-', i), ELT(1 + i % 3, 'north', 'south', 'lab') FROM n;
CREATE TABLE samples (
  host_id INT NOT NULL,
  taken DATETIME(3) NOT NULL,
  name VARCHAR(20) NOT NULL,
  value DOUBLE NOT NULL
);
INSERT INTO samples
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1499)
SELECT 1 + i % 24, DATE_SUB(NOW(), INTERVAL (1500 - i) * 2 SECOND), ELT(1 + i DIV 24 % 3, 'cpu', 'memory', 'disk'), i * 61 % 100 FROM n;

-- Room for experiments.
CREATE DATABASE test;

GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO 'webshop'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON bank.* TO 'teller'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON metrics.* TO 'collector'@'%';
GRANT SELECT ON shop.* TO 'analyst'@'%';
GRANT SELECT ON bank.* TO 'analyst'@'%';
GRANT SELECT ON metrics.* TO 'analyst'@'%';
