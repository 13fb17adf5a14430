// A day's work of mariadb, which pipelines, prepares and executes at once, and
// sends batches in bulk.
import { setTimeout as pause } from 'node:timers/promises'
import mariadb from 'mariadb'
import { account, attempt, bulky, columns, file, marks, numbered, rows, schema } from './report.js'

const options = { ...account, database: schema, multipleStatements: true, dateStrings: true, permitLocalInfile: true, bigIntAsNumber: false, checkDuplicate: false, trace: false }
const c = await mariadb.createConnection(options)
const plain = r => Array.isArray(r) && r.meta?.map ? { rows: [...r], meta: r.meta.map(m => [m.name(), m.type, m.columnLength, m.flags, m.collation?.name]) } : r
const query = async (sql, values) => plain(await c.query(sql, values))
const execute = async (sql, values) => plain(await c.execute(sql, values))

await attempt('no database', async () => {
  const other = await mariadb.createConnection(account)
  const r = await other.query('SELECT DATABASE() d')
  await other.end()
  return r
})
await attempt('wrong password', () => mariadb.createConnection({ ...options, password: 'wrong' }))
await attempt('no such database', () => mariadb.createConnection({ ...options, database: 'nowhere' }))
await attempt('create', () => query(`CREATE TABLE t (${columns})`))
for (const row of rows) await attempt('insert ' + row[0], () => execute('INSERT INTO t VALUES ' + marks, row))
await attempt('text rows', () => query('SELECT * FROM t ORDER BY i'))
await attempt('binary rows', () => execute('SELECT * FROM t ORDER BY i'))
await attempt('twice', async () => [await execute('SELECT v FROM t WHERE i = ?', [1]), await execute('SELECT v FROM t WHERE i = ?', [3])])
await attempt('17 MB', async () => {
  const blob = Buffer.alloc(17 << 20, 'abc')
  await c.execute('INSERT INTO t (i, bl) VALUES (?, ?)', [17, blob])
  const r = await c.execute('SELECT bl FROM t WHERE i = ?', [17])
  const s = await c.query('SELECT bl, LENGTH(bl) n FROM t WHERE i = 17')
  return [r[0].bl.equals(blob), s[0].bl.equals(blob), s[0].n]
})
await attempt('batch', async () => {
  await c.query('CREATE TABLE ba (a INT AUTO_INCREMENT PRIMARY KEY, b VARCHAR(100), c BLOB)')
  const r = await c.batch('INSERT INTO ba (b, c) VALUES (?, ?)', Array.from({ length: 3000 }, (_, i) => [i % 5 ? 'b' + i : null, Buffer.alloc(i % 50, i % 256)]))
  return [r, await query('SELECT COUNT(*), COUNT(b), SUM(LENGTH(c)), MAX(b) FROM ba')]
})
await attempt('batch error', () => c.batch('INSERT INTO ba (a, b) VALUES (?, ?)', [[9000, 'x'], [9000, 'y']]))
await attempt('batch update', () => c.batch('UPDATE ba SET b = ? WHERE a = ?', [['u', 1], ['v', 2], ['w', 999999]]))
await attempt('batch full result', () => c.batch({ sql: 'INSERT INTO ba (b) VALUES (?)', fullResult: true }, [['p'], ['q']]))
await attempt('batch large', async () => {
  const r = await c.batch('INSERT INTO ba (b, c) VALUES (?, ?)', Array.from({ length: 400 }, (_, i) => ['large', Buffer.alloc(60000, i)]))
  return [r.affectedRows, await query("SELECT COUNT(*), SUM(LENGTH(c)) FROM ba WHERE b = 'large'")]
})
await attempt('returning', () => execute('INSERT INTO ba (b) VALUES (?) RETURNING b, LENGTH(b)', ['back']))
await attempt('multi', () => c.query('SELECT 1 a; UPDATE t SET t = 5 WHERE i = 3; SELECT 2 b, 3 c'))
await attempt('multi error', () => c.query('SELECT 1; SELECT nothing; SELECT 3'))
await attempt('procedure', () => query('CREATE PROCEDURE p (IN a INT, OUT b INT, INOUT c VARCHAR(20)) BEGIN SELECT a, c; SET b = a * 2, c = CONCAT(c, "!"); SELECT i FROM t WHERE i < 4 ORDER BY i; END'))
await attempt('call', () => c.query("SET @c = 'hello'; CALL p(21, @b, @c); SELECT @b, @c"))
await attempt('prepared call', () => c.execute('CALL p(?, ?, ?)', [4, null, 'out']))
await attempt('transaction', async () => {
  await c.beginTransaction()
  await c.query('INSERT INTO t (i) VALUES (50)')
  const r = await c.query('SELECT COUNT(*) n FROM t WHERE i = 50')
  await c.rollback()
  return [r, await c.query('SELECT COUNT(*) n FROM t WHERE i = 50')]
})
for (const sql of ['SELEC 1', 'SELECT * FROM nothing', 'INSERT INTO t (i) VALUES (1)', 'SELECT 1/0']) {
  await attempt('error ' + sql, () => query(sql))
  await attempt('prepared error ' + sql, () => execute(sql))
}
await attempt('local file', async () => {
  const name = file(numbered())
  return [await c.query(`LOAD DATA LOCAL INFILE '${name}' INTO TABLE t (i, v)`), await c.query('SELECT COUNT(*) n, MAX(v) FROM t WHERE i >= 1000')]
})
await attempt('no local file', () => c.query("LOAD DATA LOCAL INFILE '/nowhere/rows' INTO TABLE t (i, v)"))
await attempt('after no local file', () => query('SELECT 1'))
await attempt('stream', async () => {
  let n = 0
  let sum = 0
  for await (const row of c.queryStream('SELECT i, v FROM t WHERE i >= 1000 ORDER BY i')) { n++; sum += row.i }
  return [n, sum]
})
await attempt('pipelined', async () => {
  const all = await Promise.all(Array.from({ length: 60 }, (_, i) => i % 7 === 3 ? c.query('SELECT bad').catch(e => [e.errno]) : i % 2 ? c.execute('SELECT ? + 1 n', [i]) : c.query('SELECT ? n', [i])))
  return all.map(x => x[0])
})
await attempt('pipelined statements', async () => {
  const all = await Promise.all(Array.from({ length: 60 }, (_, i) => c.execute(`SELECT ? + ${i} n${i % 7 === 3 ? ' FROM nowhere' : ''}`, [i]).catch(e => [e.errno])))
  return all.map(x => x[0])
})
await attempt('many statements', async () => {
  let sum = 0
  const kept = []
  for (let i = 0; i < 1000; i++) {
    const s = await c.prepare(`SELECT ? + ${i} AS n`)
    kept.push(s)
    sum += Number((await s.execute([1]))[0].n)
  }
  const again = await kept[10].execute([2])
  for (const s of kept) s.close()
  return [sum, again[0]]
})
await attempt('change user', async () => {
  await c.query('SET @gone = 1')
  await c.changeUser({ user: 'app', password: 'app-pw', database: 'app' })
  const r = await query('SELECT CURRENT_USER(), DATABASE(), @gone')
  await c.changeUser({ ...account, database: schema })
  return [r, await query('SELECT CURRENT_USER(), DATABASE()')]
})
await attempt('reset', async () => {
  await c.query("SET @gone = 1, time_zone = '+05:00'")
  await c.reset()
  return [await query('SELECT @gone, @@time_zone, DATABASE()'), await execute('SELECT v FROM t WHERE i = ?', [1])]
})
await attempt('ping', () => c.ping())
await attempt('charset', async () => {
  const other = await mariadb.createConnection({ ...options, collation: 'UTF8MB4_GERMAN2_CI' })
  const r = await other.query("SELECT @@collation_connection, '😀ß' = '😀ss' x")
  await other.end()
  return r
})
await attempt('init sql', async () => {
  const other = await mariadb.createConnection({ ...options, initSql: ["SET @a = 1", "SET @b = 2"], sessionVariables: { sql_mode: 'ANSI_QUOTES', wait_timeout: 1000 } })
  const r = await other.query('SELECT @a, @b, @@sql_mode, @@wait_timeout, "i" FROM t WHERE i = 1')
  await other.end()
  return r
})
await attempt('kill query', async () => {
  const victim = await mariadb.createConnection(options)
  const [{ id }] = await victim.query('SELECT CONNECTION_ID() id')
  const sleeping = victim.query('SELECT SLEEP(30) s').catch(e => [e.errno, e.sqlMessage])
  await pause(300)
  await c.query('KILL QUERY ' + id)
  const r = await sleeping
  const alive = await victim.query('SELECT 1')
  await victim.end()
  return [r, alive]
})
await attempt('query timeout', () => c.query({ sql: 'SELECT SLEEP(5)', timeout: 200 }))
await attempt('import', async () => {
  const name = file("CREATE TABLE im (a INT);\nINSERT INTO im VALUES (1),(2);\nDELIMITER //\nCREATE PROCEDURE q() SELECT 'x;y'//\nDELIMITER ;\nINSERT INTO im SELECT a + 2 FROM im;\n")
  await c.importFile({ file: name })
  return [await c.query('SELECT SUM(a) FROM im'), await c.query('CALL q()')]
})
await attempt('compressed', async () => {
  const other = await mariadb.createConnection({ ...options, compress: true })
  const all = []
  for (const sql of bulky) all.push(plain(await other.query(sql)))
  await other.end()
  return all
})
await attempt('pool', async () => {
  const pool = mariadb.createPool({ ...options, connectionLimit: 5 })
  const all = await Promise.all(Array.from({ length: 40 }, (_, i) => pool.execute('SELECT ? n', [i])))
  await pool.end()
  return all.map(r => r[0].n)
})
await c.end()
console.log('end: yes')
