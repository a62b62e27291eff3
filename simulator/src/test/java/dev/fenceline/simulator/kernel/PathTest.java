package dev.fenceline.simulator.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PathTest {
    private final KernelFixture fixture = new KernelFixture();

    private static final class Count extends Call {
        private static final Path<Count> PATH = Path.<Count>named("count")
                .repeat(loop -> loop.run(call -> call.turn++)
                        .leaveIf(call -> call.turn > 5)
                        .againIf(call -> call.turn == 2)
                        .when(call -> call.turn == 3, three -> three.run(call -> call.said.add("three")))
                        .sleep(call -> 10)
                        .run(call -> call.said.add("turn " + call.turn)))
                .run(call -> call.said.add("done"))
                .returnIf(call -> true)
                .run(call -> call.said.add("never"))
                .end();

        private final List<String> said;
        private int turn;

        Count(List<String> said) {
            this.said = said;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    @Test
    void readsTopDownLikeTheFunctionItModels() {
        List<String> said = new ArrayList<>();
        Task task = fixture.start("counter", new Count(said), 0);

        fixture.kernel().run();

        assertThat(said).containsExactly("turn 1", "three", "turn 3", "turn 4", "turn 5", "done");
        assertThat(task.isIdle()).isTrue();
    }

    @Test
    void interleavesWithOthersWhileItSleeps() {
        List<String> said = new ArrayList<>();
        fixture.start("one", new Count(said), 0);
        fixture.start("two", new Count(said), 5);

        fixture.kernel().run();

        assertThat(said.subList(0, 3)).containsExactly("turn 1", "three", "turn 1");
    }

    @Test
    void refusesToStartABusyTask() {
        Task task = fixture.start("one", new Count(new ArrayList<>()), 0);

        assertThatThrownBy(() -> task.start(new Count(new ArrayList<>()), 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("busy with count");
    }
}
