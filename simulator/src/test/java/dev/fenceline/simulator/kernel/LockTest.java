package dev.fenceline.simulator.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.event.Event;
import dev.fenceline.event.LockClass;
import java.util.List;
import org.junit.jupiter.api.Test;

class LockTest {
    private static final long HOLD_NS = 50_000;

    private final KernelFixture fixture = new KernelFixture();
    private final Lock a = Lock.mutex(fixture.kernel(), LockClass.MUTEX);
    private final Lock b = Lock.mutex(fixture.kernel(), LockClass.VM_LOCK);

    private static final class TakeBoth extends Call {
        private static final Path<TakeBoth> PATH = Path.<TakeBoth>named("take_both")
                .lock(call -> call.first, Lock.Mode.X)
                .sleep(call -> HOLD_NS)
                .lock(call -> call.second, Lock.Mode.X)
                .unlock(call -> call.second)
                .unlock(call -> call.first)
                .end();

        private final Lock first;
        private final Lock second;

        TakeBoth(Lock first, Lock second) {
            this.first = first;
            this.second = second;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Read extends Call {
        private static final Path<Read> PATH = Path.<Read>named("read")
                .block(call -> call.lock.acquire(call.task(), call.mode))
                .sleep(call -> HOLD_NS)
                .unlock(call -> call.lock)
                .end();

        private final Lock lock;
        private final Lock.Mode mode;

        Read(Lock lock, Lock.Mode mode) {
            this.lock = lock;
            this.mode = mode;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private List<String> recorded() {
        return fixture.events().stream()
                .filter(event -> event.eventType().eventName().startsWith("lock_"))
                .map(event -> event.eventType().eventName() + " " + event.tid())
                .toList();
    }

    @Test
    void handsTheLockToTheFirstInLine() {
        Task one = fixture.start("one", new TakeBoth(a, b), 0);
        Task two = fixture.start("two", new TakeBoth(a, b), 10);

        fixture.kernel().run();

        assertThat(one.isIdle()).isTrue();
        assertThat(two.isIdle()).isTrue();
        assertThat(recorded().subList(0, 2)).containsExactly("lock_acquire " + one.tid(), "lock_block " + two.tid());
        assertThat(fixture.kernel().deadlocks()).isEmpty();
    }

    @Test
    void doesNotTakeALockJustHandedOverForADeadlock() {
        long end = fixture.kernel().agenda().endNs();
        fixture.start("one", new TakeBoth(a, b), end - HOLD_NS - 1_000);
        Task two = fixture.start("two", new TakeBoth(a, b), end - HOLD_NS);

        fixture.kernel().run();

        assertThat(two.waitsFor()).isNull();
        assertThat(a.isHeldBy(two)).isTrue();
        assertThat(fixture.kernel().deadlocks()).isEmpty();
    }

    @Test
    void letsReadersShareAndWritersWait() {
        Lock rwsem = Lock.rwsem(fixture.kernel(), LockClass.NOTIFIER_LOCK);
        Task one = fixture.start("one", new Read(rwsem, Lock.Mode.R), 0);
        Task two = fixture.start("two", new Read(rwsem, Lock.Mode.R), 10);
        Task writer = fixture.start("writer", new Read(rwsem, Lock.Mode.W), 20);

        fixture.kernel().run();

        assertThat(recorded())
                .containsExactly(
                        "lock_acquire " + one.tid(),
                        "lock_acquire " + two.tid(),
                        "lock_block " + writer.tid(),
                        "lock_release " + one.tid(),
                        "lock_release " + two.tid(),
                        "lock_acquire " + writer.tid(),
                        "lock_release " + writer.tid());
    }

    @Test
    void namesADeadlockAsACycle() {
        Task one = fixture.start("one", new TakeBoth(a, b), 0);
        Task two = fixture.start("two", new TakeBoth(b, a), 10);

        fixture.kernel().run();

        assertThat(fixture.kernel().deadlocks())
                .containsExactly("deadlock: task " + one.tid() + " one in take_both waits for vm_lock " + b.id()
                        + " waits for task " + two.tid() + " two in take_both waits for mutex " + a.id()
                        + " waits for task " + one.tid() + " one in take_both");
        assertThat(fixture.events())
                .extracting(Event::eventType)
                .extracting(type -> type.eventName())
                .contains("annotation");
    }
}
