package dev.fenceline.simulator.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ChanceTest {
    /** The first outputs of SplitMix64 from state 0, as published with the algorithm: a seed means the same for ever. */
    @Test
    void drawsWhatSplitMix64Draws() {
        Chance chance = new Chance(0);

        assertThat(chance.nextLong()).isEqualTo(0xE220A8397B1DCDAFL);
        assertThat(chance.nextLong()).isEqualTo(0x6E789E6AA1B965F4L);
        assertThat(chance.nextLong()).isEqualTo(0x06C45D188009454FL);
    }

    @Test
    void givesAnActorTheSameWhateverOthersDrew() {
        Chance untouched = new Chance(7);
        Chance drawn = new Chance(7);
        drawn.nextLong();
        drawn.split("other").nextLong();

        assertThat(drawn.split("actor").nextLong())
                .isEqualTo(untouched.split("actor").nextLong());
        assertThat(drawn.split("actor").nextLong())
                .isNotEqualTo(drawn.split("rotca").nextLong());
    }

    @Test
    void staysInTheRangesAskedFor() {
        Chance chance = new Chance(3);
        for (int i = 0; i < 1_000; i++) {
            assertThat(chance.below(3)).isBetween(0, 2);
            assertThat(chance.between(-2, 2)).isBetween(-2L, 2L);
            assertThat(chance.around(1_000)).isBetween(750L, 1_250L);
        }
        assertThatThrownBy(() -> chance.below(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
