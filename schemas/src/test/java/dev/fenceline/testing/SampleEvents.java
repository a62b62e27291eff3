package dev.fenceline.testing;

import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.FieldSpec;
import dev.fenceline.event.LongList;
import dev.fenceline.event.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/** Events of every type without a story: for codecs, texts and tables. */
public final class SampleEvents {
    private static final String[] TEXTS = {
        "", "xe 7.3", "a \"quoted\" \\ word", "-", "#1", "a,b+c", "κόσμε\n\t", "plain", "{\"k\":1}"
    };
    private static final long[] NUMBERS = {
        0, 1, -1, 63, 64, -64, -65, 4096, 1L << 31, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE + 1, Long.MIN_VALUE
    };

    private static final Source[] SOURCES = Source.values();

    private SampleEvents() {}

    /** An event with every field recorded, the same on every call. */
    public static Event full(EventType type) {
        Event.Builder<?> builder = type.newBuilder();
        for (FieldSpec field : type.fields()) {
            int i = field.index();
            int last = field.symbols().size() - 1;
            switch (field.kind()) {
                case NUMBER -> builder.setNumber(i, 1000L * (i + 1));
                case FLAG -> builder.setFlag(i, i % 2 == 0);
                case TEXT -> builder.setText(i, "text " + i);
                case BYTES -> builder.setBytes(i, new byte[] {(byte) i, 0x7F, (byte) 0xFF});
                case SYMBOL -> builder.setSymbol(i, field.symbols().get(last));
                case NUMBERS -> builder.setNumbers(i, LongList.of(i, 1L << 40, -1));
                case SYMBOLS -> builder.setSymbols(i, field.symbols().subList(Math.max(1, last - 1), last + 1));
                case TEXTS -> builder.setTexts(i, List.of("one", "two " + i));
            }
        }
        return builder.build(7, 16_000, 3, 4242, 4200, Source.SIMULATOR);
    }

    /** An event whose fields are recorded or not, and hold what they hold, by chance. */
    public static Event random(EventType type, SplittableRandom chance) {
        Event.Builder<?> builder = type.newBuilder();
        for (FieldSpec field : type.fields()) {
            if (chance.nextInt(4) > 0) {
                set(builder, field, chance);
            }
        }
        return builder.build(
                number(chance),
                number(chance),
                chance.nextInt(),
                chance.nextInt(),
                chance.nextInt(),
                SOURCES[chance.nextInt(SOURCES.length)]);
    }

    private static void set(Event.Builder<?> builder, FieldSpec field, SplittableRandom chance) {
        int i = field.index();
        int size = chance.nextInt(4);
        switch (field.kind()) {
            case NUMBER -> builder.setNumber(i, number(chance));
            case FLAG -> builder.setFlag(i, chance.nextBoolean());
            case TEXT -> builder.setText(i, TEXTS[chance.nextInt(TEXTS.length)]);
            case BYTES -> {
                byte[] bytes = new byte[size];
                chance.nextBytes(bytes);
                builder.setBytes(i, bytes);
            }
            case SYMBOL -> builder.setSymbol(i, symbol(field, chance));
            case NUMBERS ->
                builder.setNumbers(
                        i,
                        LongList.of(LongStream.range(0, size)
                                .map(n -> number(chance))
                                .toArray()));
            case SYMBOLS -> {
                List<String> symbols = new ArrayList<>();
                for (int n = 0; n < size; n++) {
                    symbols.add(symbol(field, chance));
                }
                builder.setSymbols(i, symbols);
            }
            case TEXTS -> {
                List<String> texts = new ArrayList<>();
                for (int n = 0; n < size; n++) {
                    texts.add(TEXTS[chance.nextInt(TEXTS.length)]);
                }
                builder.setTexts(i, texts);
            }
        }
    }

    private static String symbol(FieldSpec field, SplittableRandom chance) {
        return field.symbols().get(chance.nextInt(field.symbols().size()));
    }

    private static long number(SplittableRandom chance) {
        return chance.nextBoolean() ? NUMBERS[chance.nextInt(NUMBERS.length)] : chance.nextLong();
    }
}
