package dev.fenceline.cli;

import java.io.PrintStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A progress bar on standard error while somebody watches; nothing otherwise. */
final class Progress implements AutoCloseable {
    /** Events between two updates: the bar must cost nothing beside the work. */
    private static final int STRIDE = 4096;

    private final @Nullable ProgressBar bar;
    private int pending;

    private Progress(@Nullable ProgressBar bar) {
        this.bar = bar;
    }

    /**
     * Begins.
     *
     * @param total how many steps there will be, -1 if nobody knows
     */
    static Progress of(String task, long total) {
        if (!CommonOptions.terminal()) {
            return new Progress(null);
        }
        return new Progress(new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(200)
                .clearDisplayOnFinish()
                .setConsumer(new ConsoleProgressBarConsumer(new PrintStream(System.err, true)))
                .build());
    }

    void step() {
        if (++pending == STRIDE) {
            advance();
        }
    }

    /** Goes to where the work is now. */
    void to(long done) {
        if (bar != null) {
            bar.stepTo(done);
        }
    }

    private void advance() {
        if (bar != null) {
            bar.stepBy(pending);
        }
        pending = 0;
    }

    @Override
    public void close() {
        advance();
        if (bar != null) {
            bar.close();
        }
    }
}
