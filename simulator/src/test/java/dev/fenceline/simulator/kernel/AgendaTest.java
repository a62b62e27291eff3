package dev.fenceline.simulator.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AgendaTest {
    private final Agenda agenda = new Agenda(10_000);
    private final List<String> acted = new ArrayList<>();

    private void drain() {
        while (agenda.size() > 0) {
            agenda.take().act();
        }
    }

    @Test
    void letsCuesOfOneInstantActInTheOrderOfTheirInsertion() {
        for (String name : List.of("b1", "b2", "b3", "b4", "b5")) {
            agenda.after(20, () -> acted.add(name));
        }
        agenda.after(10, () -> acted.add("a"));

        drain();

        assertThat(acted).containsExactly("a", "b1", "b2", "b3", "b4", "b5");
        assertThat(agenda.nowNs()).isEqualTo(20);
    }

    @Test
    void keepsOrderOverManyCues() {
        Chance chance = new Chance(1);
        List<Long> seen = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            agenda.after(chance.below(9_000), () -> seen.add(agenda.nowNs()));
        }

        drain();

        assertThat(seen).hasSize(5_000).isSorted();
    }

    @Test
    void passesTimeOnlyIfNothingIsDueUntilThen() {
        agenda.after(100, () -> {});

        assertThat(agenda.pass(99)).isTrue();
        assertThat(agenda.nowNs()).isEqualTo(99);
        assertThat(agenda.pass(1)).isFalse();
        assertThat(agenda.nowNs()).isEqualTo(99);
    }

    @Test
    void neverPassesItsEnd() {
        assertThat(agenda.pass(10_001)).isFalse();
        assertThat(agenda.pass(10_000)).isTrue();
    }
}
