// A day's work of mysql2.
import { setTimeout as pause } from 'node:timers/promises'
import mysql from 'mysql2/promise'
import { createReadStream } from 'node:fs'
import { account, attempt, bulky, columns, file, marks, numbered, rows, schema } from './report.js'

const options = { ...account, database: schema, multipleStatements: true, supportBigNumbers: true, bigNumberStrings: true, dateStrings: true }
const c = await mysql.createConnection(options)
const query = async (sql, values) => { const [r, f] = await c.query(sql, values); return { r, f: f?.map?.(x => x?.name ?? x?.map?.(y => y.name)) } }
const execute = async (sql, values) => { const [r, f] = await c.execute(sql, values); return { r, f: f?.map?.(x => [x.name, x.columnType, x.flags, x.characterSet, x.columnLength]) } }

await attempt('no database', async () => {
  const other = await mysql.createConnection(account)
  const [r] = await other.query('SELECT DATABASE() d')
  await other.end()
  return r
})
await attempt('wrong password', () => mysql.createConnection({ ...options, password: 'wrong' }))
await attempt('no such database', () => mysql.createConnection({ ...options, database: 'nowhere' }))
for (const charset of ['utf8mb4_unicode_ci', 'latin1_swedish_ci', 'utf8mb4_bin', 'cp1251_general_ci']) {
  await attempt('charset ' + charset, async () => {
    const other = await mysql.createConnection({ ...options, charset })
    const [r] = await other.query("SELECT @@character_set_client, @@collation_connection, HEX('ä'), 'Жä' x, CHARSET('x')")
    await other.end()
    return r
  })
}
await attempt('create', () => query(`CREATE TABLE t (${columns})`))
for (const row of rows) await attempt('insert ' + row[0], () => execute('INSERT INTO t VALUES ' + marks, row))
await attempt('text rows', () => query('SELECT * FROM t ORDER BY i'))
await attempt('binary rows', () => execute('SELECT * FROM t ORDER BY i'))
await attempt('binary row', () => execute('SELECT v, tx FROM t WHERE i = ?', [1]))
await attempt('binary of NULL', () => execute('SELECT ?, ? IS NULL', [null, null]))
await attempt('17 MB', async () => {
  const blob = Buffer.alloc(17 << 20, 'abc')
  await c.execute('INSERT INTO t (i, bl) VALUES (?, ?)', [17, blob])
  const [r] = await c.execute('SELECT bl FROM t WHERE i = ?', [17])
  const [s] = await c.query('SELECT bl, LENGTH(bl) n FROM t WHERE i = 17')
  return [r[0].bl.equals(blob), s[0].bl.equals(blob), s[0].n]
})
await attempt('multi', () => query("SELECT 1 a; UPDATE t SET t = 5 WHERE i = 3; SELECT 2 b, 3 c; SET @x = 'é'; SELECT @x"))
await attempt('multi error', () => query('SELECT 1; SELECT nothing; SELECT 3'))
await attempt('procedure', () => query('CREATE PROCEDURE p (IN a INT, OUT b INT, INOUT c VARCHAR(20)) BEGIN SELECT a, c; SET b = a * 2, c = CONCAT(c, "!"); SELECT i FROM t WHERE i < 4 ORDER BY i; END'))
await attempt('call', () => query("SET @c = 'hello'; CALL p(21, @b, @c); SELECT @b, @c"))
await attempt('prepared call', () => execute('CALL p(?, @b, @c)', [4]))
await attempt('transaction', async () => {
  await c.beginTransaction()
  await c.query('INSERT INTO t (i) VALUES (50)')
  const [r] = await c.query('SELECT COUNT(*) n FROM t WHERE i = 50')
  await c.rollback()
  const [s] = await c.query('SELECT COUNT(*) n FROM t WHERE i = 50')
  await c.beginTransaction()
  await c.query('INSERT INTO t (i) VALUES (51)')
  await c.commit()
  const [u] = await c.query('SELECT COUNT(*) n FROM t WHERE i = 51')
  return [r, s, u]
})
for (const sql of ['SELEC 1', 'SELECT * FROM nothing', 'INSERT INTO t (i) VALUES (1)', 'SELECT nothing FROM t', "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'mine', MYSQL_ERRNO = 5000", 'USE nowhere', 'SELECT 1/0', "SELECT CAST('x' AS INT)"]) {
  await attempt('error ' + sql, () => query(sql))
  await attempt('prepared error ' + sql, () => execute(sql, []))
  await attempt('warnings ' + sql, () => query('SHOW WARNINGS'))
}
await attempt('local file', async () => {
  const name = file(numbered())
  const [r] = await c.query({ sql: `LOAD DATA LOCAL INFILE '${name}' INTO TABLE t (i, v)`.replace(name, 'rows'), infileStreamFactory: () => createReadStream(name) })
  const [s] = await c.query('SELECT COUNT(*) n, MAX(v) FROM t WHERE i >= 1000')
  return [r, s]
})
await attempt('stream', async () => {
  let n = 0
  let sum = 0
  for await (const row of c.connection.query('SELECT i, v FROM t WHERE i >= 1000 ORDER BY i').stream()) { n++; sum += row.i }
  return [n, sum]
})
await attempt('pipelined', async () => {
  const all = await Promise.all(Array.from({ length: 50 }, (_, i) => i % 7 === 3 ? c.query('SELECT bad').catch(e => [e.errno]) : c.query('SELECT ? n', [i])))
  return all.map(x => x[0])
})
await attempt('many statements', async () => {
  let sum = 0
  const kept = []
  for (let i = 0; i < 1000; i++) {
    const s = await c.prepare(`SELECT ? + ${i} AS n`)
    kept.push(s)
    const [[row]] = await s.execute([1])
    sum += Number(row.n)
  }
  const [[again]] = await kept[10].execute([2])
  for (const s of kept) await s.close()
  return [sum, again]
})
await attempt('change user', async () => {
  await c.query('SET @gone = 1; CREATE TEMPORARY TABLE gone (a INT)')
  await c.changeUser({ user: 'app', password: 'app-pw', database: 'app' })
  const r = await query('SELECT CURRENT_USER(), DATABASE(), @gone')
  await c.changeUser({ ...account, database: schema })
  return [r, await query('SELECT CURRENT_USER(), DATABASE()')]
})
await attempt('change user wrong', async () => {
  const other = await mysql.createConnection(options)
  try {
    await other.changeUser({ user: 'app', password: 'wrong', database: 'app' })
  } finally {
    other.destroy()
  }
})
await attempt('reset', async () => {
  await c.query("SET @gone = 1, time_zone = '+05:00'; USE mysql")
  const s = await c.prepare('SELECT 1')
  await c.connection.reset?.()
  return query('SELECT @gone, @@time_zone, DATABASE()')
})
await attempt('use', async () => { await c.query('USE app'); const r = await query('SELECT DATABASE()'); await c.query('USE ' + schema); return r })
await attempt('ping', () => c.ping())
await attempt('time zone', async () => {
  await c.query("SET time_zone = '-03:30'")
  const r = [await query("SELECT FROM_UNIXTIME(1700000000), @@time_zone"), await execute('SELECT FROM_UNIXTIME(?)', [1700000000])]
  await c.query("SET time_zone = 'SYSTEM'")
  return r
})
await attempt('kill query', async () => {
  const victim = await mysql.createConnection(options)
  const [[{ id }]] = await victim.query('SELECT CONNECTION_ID() id')
  const sleeping = victim.query('SELECT SLEEP(30) s').then(r => r[0], e => [e.errno, e.sqlMessage])
  await pause(300)
  await c.query('KILL QUERY ' + id)
  const r = await sleeping
  const [alive] = await victim.query('SELECT 1')
  await victim.end()
  return [r, alive]
})
await attempt('kill', async () => {
  const victim = await mysql.createConnection(options)
  const [[{ id }]] = await victim.query('SELECT CONNECTION_ID() id')
  const sleeping = victim.query('SELECT SLEEP(30) s').then(r => r[0], e => 'ended')
  await pause(300)
  await c.query('KILL ' + id)
  return sleeping
})
await attempt('temporary', () => query("CREATE TEMPORARY TABLE tmp (a INT, b VARCHAR(10)); INSERT INTO tmp VALUES (1, 'x'), (2, NULL); SELECT * FROM tmp; SELECT COUNT(*) FROM tmp a, t WHERE t.i < 4; DROP TEMPORARY TABLE tmp"))
await attempt('temporary alone', async () => {
  await c.query('CREATE TEMPORARY TABLE tmp (a INT)')
  await c.execute('INSERT INTO tmp VALUES (?)', [7])
  return [await query('SELECT * FROM tmp'), await execute('SELECT a FROM tmp WHERE a = ?', [7])]
})
await attempt('last insert id', async () => {
  await c.query('CREATE TABLE au (a INT AUTO_INCREMENT PRIMARY KEY, b INT)')
  const [r] = await c.query('INSERT INTO au (b) VALUES (1), (2), (3)')
  return [r, await query('SELECT LAST_INSERT_ID(), ROW_COUNT()'), await query('SELECT FOUND_ROWS()')]
})
await attempt('connection attributes', async () => {
  const other = await mysql.createConnection({ ...options, connectAttributes: { program_name: 'day', 'größe': 'x'.repeat(300) } })
  const [r] = await other.query('SELECT 1')
  await other.end()
  return r
})
await attempt('no multi statements', async () => {
  const other = await mysql.createConnection({ ...options, multipleStatements: false })
  try { return await other.query('SELECT 1; SELECT 2') } finally { await other.end() }
})
await attempt('found rows flag', async () => {
  const other = await mysql.createConnection({ ...options, flags: ['-FOUND_ROWS'] })
  const [r] = await other.query('UPDATE t SET t = 5 WHERE i = 3')
  await other.end()
  const [s] = await c.query('UPDATE t SET t = 5 WHERE i = 3')
  return [r.info, r.affectedRows, s.info, s.affectedRows]
})
await attempt('compressed', async () => {
  const other = await mysql.createConnection({ ...options, compress: true })
  const all = []
  for (const sql of bulky) all.push((await other.query(sql))[0])
  await other.end()
  return all
})
await attempt('pool', async () => {
  const pool = mysql.createPool({ ...options, connectionLimit: 5 })
  const all = await Promise.all(Array.from({ length: 40 }, (_, i) => pool.execute('SELECT ? n', [i])))
  await pool.end()
  return all.map(([[r]]) => r.n)
})
await c.end()
console.log('end: yes')
process.exit() // whatever an attempt that failed has left open
