package dev.fenceline.text;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The names that a trace gives to ids: {@code b1}, {@code T1}, a fence's {@code 1:77}. A name is one id for all kinds of objects,
 * so that {@code vm=V} and {@code resv=V} may share it.
 */
public final class Symbols {
    /** Ids of names count from here: above what people write as numbers, within an int because threads are named too. */
    private static final long FIRST = 0x4000_0000L;

    private static final Pattern NUMBER = Pattern.compile("[0-9]+");
    private static final int LONGEST_ID = 18;

    private final Map<String, Long> ids = new LinkedHashMap<>();
    private final Map<Long, String> names = new LinkedHashMap<>();
    private final Set<Long> numbers = new LinkedHashSet<>();
    private long next = FIRST;

    /** The id of a name, new if the name is. */
    long intern(String name) {
        Long known = ids.get(name);
        if (known != null) {
            return known;
        }
        while (numbers.contains(next)) {
            next++;
        }
        ids.put(name, next);
        names.put(next, name);
        return next++;
    }

    /** Notes an id that is written as a number; false if a name has it already. */
    boolean number(long id) {
        if (names.containsKey(id)) {
            return false;
        }
        if (id >= FIRST) {
            numbers.add(id);
        }
        return true;
    }

    /** The name of an id, or null if it has none. */
    public @Nullable String name(long id) {
        return names.get(id);
    }

    /** The id of a name, or null if the trace does not use it. */
    public @Nullable Long id(String name) {
        return ids.get(name);
    }

    /** A sentence about ids with the names that they have in the trace. */
    public String named(String sentence) {
        return NUMBER.matcher(sentence).replaceAll(number -> {
            String name = number.group().length() > LONGEST_ID ? null : name(Long.parseLong(number.group()));
            return Matcher.quoteReplacement(name == null ? number.group() : name);
        });
    }
}
