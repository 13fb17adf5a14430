import java.io.ByteArrayInputStream;
import java.math.BigDecimal;
import java.security.MessageDigest;
import java.sql.*;
import java.util.Arrays;
import java.util.HexFormat;

/** A day's work of MariaDB's driver for Java. */
public class Day {
  static Connection c;

  interface Work {
    Object run() throws Exception;
  }

  static String text(Object v) throws Exception {
    if (v instanceof byte[] b) {
      return b.length > 100 ? b.length + " bytes, " + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(b)) : HexFormat.of().formatHex(b);
    }
    if (v instanceof String s && s.length() > 200) {
      return text(s.getBytes("UTF-8"));
    }
    return v instanceof int[] a ? Arrays.toString(a) : String.valueOf(v);
  }

  static void attempt(String name, Work work) throws Exception {
    String line;
    try {
      line = text(work.run());
    } catch (SQLException e) {
      line = "error " + e.getErrorCode() + " " + e.getSQLState() + " " + e.getMessage().replaceAll("\\(conn[=:]\\d+\\)", "(conn)").replaceAll("port=\\d+", "port");
    }
    System.out.println(name + ": " + line.replace("\n", " "));
  }

  static String rows(ResultSet r) throws Exception {
    StringBuilder b = new StringBuilder();
    ResultSetMetaData m = r.getMetaData();
    for (int i = 1; i <= m.getColumnCount(); i++) {
      b.append(m.getColumnLabel(i)).append('/').append(m.getColumnTypeName(i)).append('/').append(m.getPrecision(i)).append('/').append(m.isNullable(i)).append(' ');
    }
    while (r.next()) {
      b.append('[');
      for (int i = 1; i <= m.getColumnCount(); i++) {
        b.append(i > 1 ? ", " : "").append(text(r.getObject(i)));
      }
      b.append(']');
    }
    return b.toString();
  }

  static String query(String sql, Object... values) throws Exception {
    StringBuilder b = new StringBuilder();
    try (PreparedStatement s = c.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        s.setObject(i + 1, values[i]);
      }
      boolean isRows = s.execute();
      while (isRows || s.getUpdateCount() != -1) {
        b.append(isRows ? rows(s.getResultSet()) : s.getUpdateCount() + " rows").append("; ");
        isRows = s.getMoreResults();
      }
    }
    return b.toString();
  }

  public static void main(String[] a) throws Exception {
    String base = "jdbc:mariadb://" + a[0] + ":" + a[1] + "/";
    attempt("no database", () -> {
      try (Connection o = DriverManager.getConnection(base, a[2], a[3]); Statement s = o.createStatement()) {
        return rows(s.executeQuery("SELECT DATABASE()"));
      }
    });
    attempt("wrong password", () -> DriverManager.getConnection(base + a[4], a[2], "wrong"));
    attempt("no such database", () -> DriverManager.getConnection(base + "nowhere", a[2], a[3]));
    for (String options : new String[] {"", "&useServerPrepStmts=true", "&useServerPrepStmts=true&useBulkStmts=true&usePipelineAuth=true", "&rewriteBatchedStatements=true", "&useBatchMultiSend=false", "&useCompression=true&sessionVariables=sql_mode=ANSI_QUOTES"}) {
      c = DriverManager.getConnection(base + a[4] + "?allowMultiQueries=true&allowLocalInfile=true" + options, a[2], a[3]);
      String kind = options + " ";
      attempt(kind + "server", () -> c.getMetaData().getDatabaseProductVersion() + " " + c.getMetaData().getDatabaseMajorVersion());
      attempt(kind + "create", () -> query("CREATE OR REPLACE TABLE j (i INT PRIMARY KEY, b BIGINT UNSIGNED, f FLOAT, d DOUBLE, n DECIMAL(30,10), da DATE, ti TIME(6), dt DATETIME(6), y YEAR, v VARCHAR(200), vb VARBINARY(100), tx MEDIUMTEXT, bl LONGBLOB, bt BIT(1), au INT)"));
      String insert = "INSERT INTO j VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
      attempt(kind + "insert", () -> query(insert, 1, new BigDecimal("18446744073709551615"), 1.5f, 1e300, new BigDecimal("12345678901234567890.0123456789"), Date.valueOf("2024-02-29"), Time.valueOf("23:59:58"),
          Timestamp.valueOf("9999-12-31 23:59:59.999999"), 2155, "größe 漢字 😀", new byte[] {(byte) 254, 0, 1}, "x".repeat(70000), new byte[300], true, 0));
      attempt(kind + "insert null", () -> query(insert, 2, null, null, null, null, null, null, null, null, null, null, null, null, null, null));
      attempt(kind + "rows", () -> query("SELECT * FROM j ORDER BY i"));
      attempt(kind + "row", () -> query("SELECT v, tx FROM j WHERE i = ? AND v = ?", 1, "größe 漢字 😀"));
      attempt(kind + "17 MB", () -> {
        try (PreparedStatement s = c.prepareStatement("INSERT INTO j (i, bl) VALUES (17, ?)")) {
          s.setBlob(1, new ByteArrayInputStream("abc".repeat(6 << 20).getBytes()));
          s.execute();
        }
        return query("SELECT bl, LENGTH(bl) FROM j WHERE i = ?", 17);
      });
      attempt(kind + "batch", () -> {
        try (PreparedStatement s = c.prepareStatement("INSERT INTO j (i, v) VALUES (?, ?)", Statement.RETURN_GENERATED_KEYS)) {
          for (int i = 0; i < 500; i++) {
            s.setInt(1, 100 + i);
            s.setString(2, i % 5 == 0 ? null : "v" + i);
            s.addBatch();
          }
          int[] counts = s.executeBatch();
          return counts.length + " " + query("SELECT COUNT(*), COUNT(v), MAX(v) FROM j");
        }
      });
      attempt(kind + "batch error", () -> {
        try (PreparedStatement s = c.prepareStatement("INSERT INTO j (i) VALUES (?)")) {
          for (int i : new int[] {900, 100, 901}) {
            s.setInt(1, i);
            s.addBatch();
          }
          return s.executeBatch();
        }
      });
      attempt(kind + "text batch", () -> {
        try (Statement s = c.createStatement()) {
          s.addBatch("UPDATE j SET au = 1 WHERE i < 3");
          s.addBatch("INSERT INTO j (i) VALUES (950)");
          return s.executeBatch();
        }
      });
      attempt(kind + "multi", () -> query("SELECT 1 a; UPDATE j SET au = 5 WHERE i = 2; SELECT 2 b, 3 c"));
      attempt(kind + "procedure", () -> query("CREATE OR REPLACE PROCEDURE jp (IN a INT, OUT b INT, INOUT c VARCHAR(20)) BEGIN SELECT a, c; SET b = a * 2, c = CONCAT(c, '!'); SELECT i FROM j WHERE i < 4 ORDER BY i; END"));
      attempt(kind + "call", () -> {
        try (CallableStatement s = c.prepareCall("{call jp(?, ?, ?)}")) {
          s.setInt(1, 21);
          s.registerOutParameter(2, Types.INTEGER);
          s.registerOutParameter(3, Types.VARCHAR);
          s.setString(3, "hello");
          s.execute();
          return rows(s.getResultSet()) + s.getInt(2) + s.getString(3);
        }
      });
      attempt(kind + "transaction", () -> {
        c.setAutoCommit(false);
        query("INSERT INTO j (i) VALUES (50)");
        Savepoint p = c.setSavepoint("p");
        query("INSERT INTO j (i) VALUES (51)");
        c.rollback(p);
        String in = query("SELECT COUNT(*) FROM j WHERE i IN (50, 51)");
        c.rollback();
        c.setAutoCommit(true);
        return in + query("SELECT COUNT(*) FROM j WHERE i = 50");
      });
      attempt(kind + "read only", () -> {
        c.setReadOnly(true);
        String in = query("SELECT COUNT(*) FROM j");
        c.setReadOnly(false);
        return in;
      });
      attempt(kind + "isolation", () -> {
        c.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        return c.getTransactionIsolation() + query("SELECT @@tx_isolation");
      });
      for (String sql : new String[] {"SELEC 1", "SELECT * FROM nothing", "INSERT INTO j (i) VALUES (1)", "SELECT 1/0"}) {
        attempt(kind + "error " + sql, () -> query(sql));
      }
      attempt(kind + "local file", () -> {
        try (Statement s = c.createStatement()) {
          s.unwrap(org.mariadb.jdbc.MariaDbStatement.class).setLocalInfileInputStream(new ByteArrayInputStream("2000\tline\n2001\tline\n".getBytes()));
          return s.executeUpdate("LOAD DATA LOCAL INFILE 'rows' INTO TABLE j (i, v)") + query("SELECT i, v FROM j WHERE i >= 2000 ORDER BY i");
        }
      });
      attempt(kind + "streaming", () -> {
        try (Statement s = c.createStatement()) {
          s.setFetchSize(10);
          long sum = 0;
          ResultSet r = s.executeQuery("SELECT seq, REPEAT('r', 100) FROM seq_1_to_5000");
          while (r.next()) {
            sum += r.getLong(1);
          }
          return sum;
        }
      });
      attempt(kind + "timeout", () -> {
        try (Statement s = c.createStatement()) {
          s.setQueryTimeout(1);
          return rows(s.executeQuery("SELECT SLEEP(5)"));
        }
      });
      attempt(kind + "cancel", () -> {
        try (Statement s = c.createStatement()) {
          Thread other = new Thread(() -> {
            try {
              Thread.sleep(300);
              s.cancel();
            } catch (Exception e) {
              System.out.println(kind + "cancel failed: " + e.getMessage());
            }
          });
          other.start();
          try {
            return rows(s.executeQuery("SELECT SLEEP(5)"));
          } finally {
            other.join();
          }
        }
      });
      attempt(kind + "catalog", () -> {
        c.setCatalog("app");
        String in = query("SELECT DATABASE()") + c.getCatalog();
        c.setCatalog(a[4]);
        return in;
      });
      attempt(kind + "valid", () -> c.isValid(3));
      attempt(kind + "metadata", () -> rows(c.getMetaData().getColumns(a[4], null, "j", "%")).length() > 100);
      attempt(kind + "close", () -> {
        c.close();
        return c.isClosed();
      });
    }
    System.out.println("end: yes");
  }
}
