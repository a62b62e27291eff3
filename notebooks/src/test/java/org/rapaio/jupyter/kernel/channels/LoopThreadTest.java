package org.rapaio.jupyter.kernel.channels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoopThreadTest {
    /** The kernel's own class fails this soon: its thread may look at the flag before it is set. */
    @RepeatedTest(200)
    void beginsHoweverQuickTheThreadIs() throws InterruptedException {
        CountDownLatch rounds = new CountDownLatch(2);
        LoopThread loop = new LoopThread("loop", 0, rounds::countDown);
        loop.start();

        assertThat(rounds.await(30, TimeUnit.SECONDS)).isTrue();
        end(loop);
    }

    @Test
    void waitsUntilTheKernelIsReadyForMessages() throws InterruptedException {
        Channels channels = new Channels();
        List<Boolean> ready = new CopyOnWriteArrayList<>();
        CountDownLatch rounds = new CountDownLatch(1);
        LoopThread loop = new LoopThread("loop", 50, () -> {
            ready.add(channels.ready());
            rounds.countDown();
        });
        channels.connect(loop);

        assertThat(rounds.await(30, TimeUnit.SECONDS)).isTrue();
        end(loop);
        assertThat(ready).isNotEmpty().containsOnly(true);
    }

    @Test
    void endsAfterTheRoundThatStopsIt() throws InterruptedException {
        CompletableFuture<LoopThread> self = new CompletableFuture<>();
        CountDownLatch rounds = new CountDownLatch(2);
        LoopThread loop = new LoopThread("loop", 0, () -> {
            rounds.countDown();
            self.join().shutdown();
        });
        self.complete(loop);
        loop.start();

        loop.join(30_000);
        assertThat(loop.isAlive()).isFalse();
        assertThat(rounds.getCount()).isEqualTo(1);
    }

    private static void end(LoopThread loop) throws InterruptedException {
        loop.shutdown();
        loop.join(30_000);
        assertThat(loop.isAlive()).isFalse();
    }
}
