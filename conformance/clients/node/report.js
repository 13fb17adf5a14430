// What the clients for Node.js share: a line of the transcript for each thing
// that they try, and a day's values.
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeFileSync, mkdtempSync } from 'node:fs'

const [host, port, user, password, database] = process.argv.slice(2)
export const account = { host, port: Number(port), user, password }
export const schema = database

// text is a value as the transcript shows it: long ones as their hash.
export function text (value) {
  return JSON.stringify(value, (key, v) => {
    if (key === 'threadId' || key === 'connectionId') return v > 0
    if (v?.type === 'Buffer') return short(Buffer.from(v.data))
    if (typeof v === 'bigint') return v + 'n'
    return typeof v === 'string' && v.length > 200 ? short(Buffer.from(v)) : v
  })
}

const short = b => b.length > 100 ? `${b.length} bytes, ${createHash('sha1').update(b).digest('hex')}` : b.toString('hex')

// attempt prints what f returns or the error that it throws.
export async function attempt (name, f) {
  let line
  try {
    line = text(await f()) ?? 'done'
  } catch (e) {
    line = `error ${e.errno} ${e.code} ${e.sqlState ?? ''} ${String(e.sqlMessage ?? e.message).replace(/\(conn:\d+[^)]*\)/g, '(conn)')}`
  }
  console.log(`${name}: ${line.replaceAll('\n', ' ')}`)
}

// file makes a file of rows for LOAD DATA LOCAL and returns its name.
export function file (rows) {
  const name = join(mkdtempSync(join(tmpdir(), 'sbx')), 'rows')
  writeFileSync(name, rows)
  return name
}

// numbered are the rows of a file that the clients load.
export const numbered = () => Array.from({ length: 20000 }, (_, i) => `${1000 + i}\tline ${i}`).join('\n') + '\n'

// bulky is what is worth compressing, in both directions and in many packets.
export const bulky = ["SELECT seq, MD5(seq) m, REPEAT('r', 1000) r FROM seq_1_to_2000", `SELECT '${'compressed größe '.repeat(1 << 20)}' c`, 'SELECT 1 n']

export const marks = '(' + Array(25).fill('?').join(',') + ')'

export const columns = `i INT PRIMARY KEY, t TINYINT, s SMALLINT UNSIGNED, m MEDIUMINT, b BIGINT UNSIGNED, f FLOAT, d DOUBLE,
  n DECIMAL(30,10), da DATE, ti TIME(6), dt DATETIME(6), ts TIMESTAMP NULL, y YEAR, c CHAR(10), v VARCHAR(200), bi BINARY(4),
  vb VARBINARY(100), tx MEDIUMTEXT, bl LONGBLOB, e ENUM('x','y'), st SET('p','q'), bt BIT(9), j JSON, u UUID, ip INET6`

export const rows = [
  [1, -128, 65535, -8388608, '18446744073709551615', 1.5, 1e300, '12345678901234567890.0123456789', '2024-02-29', '-838:59:58.999999',
    '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07', 2155, 'char', 'größe 漢字 😀', Buffer.from([0, 1, 2, 255]), Buffer.from([254, 0, 251]),
    'x'.repeat(70000), Buffer.alloc(300, 7), 'y', 'p,q', Buffer.from([1, 255]), '{"a":[1,2,null]}', '123e4567-e89b-12d3-a456-426655440000', '::1'],
  [2, ...Array(24).fill(null)],
  [3, 0, 0, 0, 0, 0, 0, 0, '0001-01-01', '00:00:00', '0001-01-01 00:00:00', null, 0, '', '', Buffer.alloc(0), Buffer.alloc(0), '', Buffer.alloc(0), 'x', '', Buffer.from([0]), '[]', null, null]
]
