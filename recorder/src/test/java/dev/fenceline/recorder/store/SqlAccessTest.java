package dev.fenceline.recorder.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SqlAccessTest {
    private Store store;
    private Path file;

    @BeforeAll
    void open(@TempDir Path directory) {
        file = directory.resolve("fenceline.duckdb");
        store = Store.open(file, StoreOptions.defaults());
    }

    @AfterAll
    void close() {
        store.close();
    }

    @Test
    void answersHaveColumnsWithTypesAndPlainValues() throws SqlRejectedException {
        SqlResult result = store.query(
                "SELECT 1::BIGINT AS n, 'x' AS t, [1, NULL] AS l, {'a': 2} AS s, NULL AS nothing, true AS f", 10);

        assertThat(result.columns())
                .extracting(SqlResult.Column::name)
                .containsExactly("n", "t", "l", "s", "nothing", "f");
        assertThat(result.columns().get(0).type()).isEqualTo("BIGINT");
        assertThat(result.rows()).hasSize(1);
        assertThat(result.rows().get(0).get(0)).isEqualTo(1L);
        assertThat(result.rows().get(0).get(2))
                .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
                .containsExactly(1, null);
        assertThat(result.rows().get(0).get(3)).isEqualTo(Map.of("a", 2));
        assertThat(result.rows().get(0).get(4)).isNull();
        assertThat(result.truncated()).isFalse();
    }

    @Test
    void moreRowsThanAskedForAreSaidToBeThere() throws SqlRejectedException {
        assertThat(store.query("FROM range(5)", 3).rows()).containsExactly(List.of(0L), List.of(1L), List.of(2L));
        assertThat(store.query("FROM range(5)", 3).truncated()).isTrue();
        assertThat(store.query("FROM range(5)", 5).truncated()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "FROM bo_move",
                "WITH t AS (SELECT 1) SELECT * FROM t",
                "SHOW TABLES",
                "DESCRIBE bo_move",
                "SUMMARIZE session",
                "VALUES (1)",
                "-- why\nSELECT 1;"
            })
    void whatReadsIsAnswered(String sql) throws SqlRejectedException {
        assertThat(store.query(sql, 10).columns()).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DELETE FROM session",
                "DROP TABLE bo_move",
                "INSERT INTO session_gap VALUES (1, 1, 1, 1)",
                "CREATE TABLE x (i INTEGER)",
                "ATTACH 'other.duckdb'",
                "COPY session TO 'x.csv'",
                "SET memory_limit = '100GB'",
                "PRAGMA database_list",
                "CHECKPOINT"
            })
    void whatDoesNotReadIsRefused(String sql) {
        assertThatThrownBy(() -> store.query(sql, 10))
                .isInstanceOf(SqlRejectedException.class)
                .hasMessageStartingWith("only a statement that reads is allowed here");
    }

    @Test
    void oneStatementAtATime() {
        assertThatThrownBy(() -> store.query("SELECT 1; SELECT 2", 10))
                .isInstanceOf(SqlRejectedException.class)
                .hasMessage("one statement at a time, not 2");
    }

    @Test
    void theRestOfTheMachineIsOutOfReach() {
        assertThatThrownBy(() -> store.query("SELECT * FROM read_csv('/etc/passwd')", 10))
                .isInstanceOf(SqlRejectedException.class)
                .hasMessageContaining("disabled");
    }

    @Test
    void aMistakeIsExplainedInDuckDbsWords() {
        assertThatThrownBy(() -> store.query("SELECT * FROM bo_moves", 10))
                .isInstanceOf(SqlRejectedException.class)
                .hasMessageContaining("Did you mean \"bo_move");
        assertThatThrownBy(() -> store.query("SELEKT 1", 10))
                .isInstanceOf(SqlRejectedException.class)
                .hasMessageContaining("syntax error");
    }

    @Test
    void theSameProcessDoesNotRecordTwice() {
        assertThatThrownBy(() -> Store.open(file, StoreOptions.defaults()))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("already records into the store");
    }

    @Test
    void aStoreThatIsNotThereIsSaidToBeMissing(@TempDir Path empty) {
        assertThatThrownBy(() -> Store.openReadOnly(empty.resolve("none.duckdb"), StoreOptions.defaults()))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("there is no store at")
                .hasMessageContaining("--data");
    }
}
