package org.rapaio.jupyter.kernel.channels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class LoopThreadTest {
    /** The kernel's own class fails this soon: its thread may look at the flag before it is set. */
    @RepeatedTest(200)
    void beginsHoweverQuickTheThreadIs() throws InterruptedException {
        CountDownLatch rounds = new CountDownLatch(2);
        LoopThread loop = new LoopThread("loop", 0, rounds::countDown);
        loop.start();

        assertThat(rounds.await(30, TimeUnit.SECONDS)).isTrue();
        loop.shutdown();
        loop.join(30_000);
        assertThat(loop.isAlive()).isFalse();
    }

    @Test
    void endsAfterTheRoundThatStopsIt() throws InterruptedException {
        AtomicReference<LoopThread> self = new AtomicReference<>();
        CountDownLatch rounds = new CountDownLatch(2);
        LoopThread loop = new LoopThread("loop", 0, () -> {
            rounds.countDown();
            self.get().shutdown();
        });
        self.set(loop);
        loop.start();

        loop.join(30_000);
        assertThat(loop.isAlive()).isFalse();
        assertThat(rounds.getCount()).isEqualTo(1);
    }
}
