package dev.fenceline.cli;

import dev.fenceline.recorder.store.SqlRejectedException;
import dev.fenceline.recorder.store.SqlResult;
import dev.fenceline.stack.StoreAccess;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Questions in SQL. */
@Command(
        name = "sql",
        description = {
            "Ask the recorded sessions a question in DuckDB's SQL.",
            "Every event type is a table of its name; its column `session` is the number that `fenceline sessions` lists."
        },
        footer = {
            "",
            "Examples:",
            "  fenceline sql \"SELECT \\\"to\\\", count(*), sum(size) FROM bo_move GROUP BY ALL\"",
            "  fenceline sql \"DESCRIBE dma_fence_init\"",
            "  fenceline sql \"SELECT rule, seq, message FROM alert ORDER BY session, seq\" --json"
        })
final class SqlCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions options = new CommonOptions();

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "Most rows to print. Default: ${DEFAULT-VALUE}.",
            defaultValue = "10000")
    private int limit;

    @Parameters(paramLabel = "QUERY", description = "One statement that reads.")
    private String query = "";

    @Override
    public Integer call() {
        Output out = options.output();
        try (StoreAccess store = StoreAccess.of(options.dataDirectory())) {
            print(out, store.query(query, limit));
            return ExitCode.FINE;
        } catch (SqlRejectedException e) {
            throw UserError.badUse(String.valueOf(e.getMessage()));
        }
    }

    private void print(Output out, SqlResult result) {
        out.table(result.columns().stream().map(SqlResult.Column::name).toList(), result.rows());
        if (result.truncated()) {
            options.note("only the first " + limit + " rows are shown; --limit N shows more");
        }
    }
}
