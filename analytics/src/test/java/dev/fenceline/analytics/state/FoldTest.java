package dev.fenceline.analytics.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.LongList;
import dev.fenceline.event.Usage;
import dev.fenceline.text.TraceReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FoldTest {
    private static KernelState fold(String text) throws IOException {
        KernelState state = new KernelState();
        for (Event event :
                TraceReader.read("test", new StringReader(text)).get(0).events()) {
            state.apply(event);
        }
        return state;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void theTableWritesTheSameBytesAfterAnyHistory(long seed) throws IOException {
        SplittableRandom chance = new SplittableRandom(seed);
        ObjectTable<Task> grown = new ObjectTable<>(Task::new);
        ObjectTable<Task> direct = new ObjectTable<>(Task::new);
        for (int i = 0; i < 500; i++) {
            Task passing = grown.create(chance.nextLong(), 1);
            grown.remove(passing);
        }
        long[] ids = chance.longs(200).toArray();
        for (long id : ids) {
            grown.create(id, 7);
        }
        for (int i = ids.length - 1; i >= 0; i--) {
            direct.create(ids[i], 7);
        }
        assertThat(bytes(grown)).isEqualTo(bytes(direct));
    }

    private static byte[] bytes(ObjectTable<Task> table) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        table.write(new SnapshotWriter(new DataOutputStream(bytes)));
        return bytes.toByteArray();
    }

    @Test
    void bytesThatAreNoSnapshotAreRefused() {
        assertThatIOException()
                .isThrownBy(() -> KernelState.restore(new DataInputStream(new ByteArrayInputStream(new byte[64]))))
                .withMessageContaining("not a snapshot");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, 63, 64, -64, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE + 1})
    void aNumberComesBackFromASnapshot(long number) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new SnapshotWriter(new DataOutputStream(bytes)).number(number);
        assertThat(new SnapshotReader(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray()))).number())
                .isEqualTo(number);
    }

    @Test
    void deadFencesAreForgottenOnceNobodyHoldsThem() throws IOException {
        StringBuilder text = new StringBuilder();
        int seq = 1;
        for (int i = 1; i <= 5_000; i++) {
            text.append(seq++)
                    .append(" dma_fence_init fence=")
                    .append(i)
                    .append(" context=3 seqno=")
                    .append(i)
                    .append('\n');
            text.append(seq++)
                    .append(" resv_add_fence resv=900000 usage=READ fence=")
                    .append(i)
                    .append('\n');
            text.append(seq++).append(" dma_fence_signaled fence=").append(i).append('\n');
            text.append(seq++).append(" dma_fence_destroy fence=").append(i).append('\n');
        }
        KernelState state = fold(text.toString());
        assertThat(state.fences().size()).isLessThan(20);
    }

    @Test
    void aContextIsForgottenAWhileAfterItsLastFence() throws IOException {
        KernelState state = fold(contextsThatComeAndGo(1));
        assertThat(state.fences().context(1)).isNull();
        assertThat(state.fences().context(3_000)).isNotNull();
    }

    @Test
    void aContextIsRememberedWhileAnEntityMakesFencesOnIt() throws IOException {
        KernelState state = fold("1 sched_entity_create entity=800000 context=900000\n" + contextsThatComeAndGo(2));
        assertThat(state.fences().context(900_000)).isNotNull();
        assertThat(state.fences().context(900_001)).isNotNull();
    }

    /** 3,000 contexts, numbered from 1, each of one fence that is made and destroyed. */
    private static String contextsThatComeAndGo(int firstSeq) {
        StringBuilder text = new StringBuilder();
        int seq = firstSeq;
        for (int i = 1; i <= 3_000; i++) {
            text.append(seq++)
                    .append(" dma_fence_init seqno=1 fence=")
                    .append(i)
                    .append(" context=")
                    .append(i)
                    .append('\n');
            text.append(seq++).append(" dma_fence_destroy fence=").append(i).append('\n');
        }
        return text.toString();
    }

    @Test
    void aLongCircleOfWaitsIsFound() throws IOException {
        int fences = 20_000;
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= fences; i++) {
            text.append(i)
                    .append(" dma_fence_dep fence=")
                    .append(i)
                    .append(" depends_on=")
                    .append(i % fences + 1)
                    .append('\n');
        }
        KernelState state = fold(text.toString());
        assertThat(state.waits().circle(WaitGraph.Node.FENCE, 7)).hasSize(fences);
    }

    @Test
    void aFenceIsCompleteWhenALaterOneOfItsContextIs() throws IOException {
        KernelState state = fold("""
                1 dma_fence_init fence=1 context=3 seqno=4294967295
                2 dma_fence_init fence=2 context=3 seqno=0
                3 dma_fence_init fence=3 context=3 seqno=1
                4 dma_fence_init fence=4 context=4 seqno=1
                5 dma_fence_signaled fence=2
                """);
        assertThat(state.fences().isComplete(1)).isTrue();
        assertThat(state.fences().isComplete(2)).isTrue();
        assertThat(state.fences().isComplete(3)).isFalse();
        assertThat(state.fences().isComplete(4)).isFalse();
    }

    @Test
    void replacedFencesLeaveAReservation() throws IOException {
        KernelState state = fold("""
                1 dma_fence_init fence=1 context=3 seqno=1
                2 dma_fence_init fence=2 context=4 seqno=1
                3 dma_fence_init fence=5 context=0 seqno=0 kind=STUB
                4 resv_add_fence resv=9 usage=BOOKKEEP fence=1
                5 resv_add_fence resv=9 usage=WRITE fence=2
                6 resv_replace_fences resv=9 replaced_context=3 fence=5 usage=BOOKKEEP
                """);
        Reservation resv = Objects.requireNonNull(state.reservations().reservation(9));
        assertThat(resv.size()).isEqualTo(2);
        assertThat(resv.fence(0)).isEqualTo(2);
        assertThat(resv.usage(0)).isEqualTo(Usage.WRITE);
        assertThat(resv.fence(1)).isEqualTo(5);
    }

    @Test
    void pageTableRangesAreCutAndReplaced() {
        MappedPages mapped = new MappedPages();
        PageTable table = new PageTable(new AddressSpace(1, mapped), 0, mapped);
        table.write(0, 100, 1, LongList.of(7));
        table.write(200, 300, 2, null);
        table.write(40, 60, 3, null);
        assertThat(ranges(table)).isEqualTo("0-40@1 40-60@3 60-100@1 200-300@2 ");
        table.zap(50, 250);
        assertThat(ranges(table)).isEqualTo("0-40@1 40-50@3 250-300@2 ");
        table.write(0, -1, 4, null);
        assertThat(ranges(table)).isEqualTo("0--1@4 ");
    }

    private static String ranges(PageTable table) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < table.count; i++) {
            text.append(table.start(i))
                    .append('-')
                    .append(table.end(i))
                    .append('@')
                    .append(table.seq(i))
                    .append(' ');
        }
        return text.toString();
    }

    @Test
    void capabilitiesAreReadByNameAndMask() {
        assertThat(Capabilities.mask("CAP_SYS_PTRACE+CAP_KILL")).isEqualTo((1L << 19) | (1L << 5));
        assertThat(Capabilities.mask("sys_ptrace")).isEqualTo(1L << 19);
        assertThat(Capabilities.mask("0x80000")).isEqualTo(1L << 19);
        assertThat(Capabilities.mask("-")).isZero();
        assertThat(Capabilities.mask("all")).isEqualTo(Capabilities.ALL);
    }

    @Test
    void theStreamsAreThoseOfTheContract() {
        TreeSet<String> contract = new TreeSet<>(List.of("clock", "time"));
        for (EventType type : EventType.values()) {
            contract.addAll(type.streams());
        }
        assertThat(Arrays.stream(Stream.values()).map(Stream::streamName)).containsExactlyElementsOf(contract);
    }
}
