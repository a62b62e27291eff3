package dev.fenceline.simulator.kernel;

import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/** What is true of the objects that exist, in a form of which two accounts can be compared object by object. */
public final class Facts {
    /** The facts of one object. */
    public static final class Of {
        private final StringBuilder text = new StringBuilder();

        /** One more fact, in the order in which all accounts tell them. */
        public Of with(String name, Object value) {
            text.append(text.length() == 0 ? "" : " ").append(name).append('=').append(value);
            return this;
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }

    private final SortedMap<String, Of> objects = new TreeMap<>();

    /** Begins the facts of the object of {@code kind} with that id, of which there is one. */
    public Of of(String kind, long id) {
        return of(kind, Long.toString(id));
    }

    /** Begins the facts of what {@code key} names among those of {@code kind}. */
    public Of of(String kind, String key) {
        String name = kind + " " + key;
        Of facts = new Of();
        if (objects.put(name, facts) != null) {
            throw new IllegalStateException("there are two of " + name);
        }
        return facts;
    }

    /** Every object of {@code kind} in the order of the names, with its facts. */
    public SortedMap<String, String> all(String kind) {
        SortedMap<String, String> all = new TreeMap<>();
        for (Map.Entry<String, Of> object :
                objects.subMap(kind + " ", kind + "!").entrySet()) {
            all.put(object.getKey(), object.getValue().toString());
        }
        return all;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Facts that && toString().equals(that.toString());
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(toString());
    }

    @Override
    public String toString() {
        return objects.toString();
    }
}
