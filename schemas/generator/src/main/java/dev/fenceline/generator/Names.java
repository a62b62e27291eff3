package dev.fenceline.generator;

import java.util.Locale;

/** The contract's names in its three spellings. */
final class Names {
    private Names() {}

    /** {@code DmaFenceInit} as {@code dma_fence_init}. */
    static String snake(String pascal) {
        return pascal.replaceAll("(?<!^)([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }

    /** {@code cur_seq} as {@code curSeq}. */
    static String camel(String snake) {
        StringBuilder camel = new StringBuilder();
        for (String word : snake.split("_", -1)) {
            camel.append(camel.isEmpty() ? word : capitalised(word));
        }
        return camel.toString();
    }

    /** {@code dma_fence_init} as {@code DMA_FENCE_INIT}. */
    static String constant(String snake) {
        return snake.toUpperCase(Locale.ROOT);
    }

    static String capitalised(String word) {
        return Character.toUpperCase(word.charAt(0)) + word.substring(1);
    }

    /** A Java string literal. */
    static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
