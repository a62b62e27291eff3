package dev.fenceline.analytics.rule;

import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.Severity;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A rule: its card, the conditions it puts on events, and the obligation it watches, if any. It has no state of its own: what
 * it asks about is in the fold.
 */
public final class Rule {
    private final RuleCard card;
    private final List<Clause> clauses;
    private final @Nullable Obligation obligation;

    private Rule(RuleCard card, List<Clause> clauses, @Nullable Obligation obligation) {
        this.card = card;
        this.clauses = clauses;
        this.obligation = obligation;
    }

    /**
     * One condition and when it looks.
     *
     * @param type the events it looks at
     * @param before whether it sees the state before the event rather than after it
     * @param condition what it looks for
     */
    record Clause(EventType type, boolean before, Condition<Event> condition) {}

    /** What the rule says of itself. */
    public RuleCard card() {
        return card;
    }

    List<Clause> clauses() {
        return clauses;
    }

    @Nullable Obligation obligation() {
        return obligation;
    }

    /** Starts a rule with that id and name. */
    public static Builder named(String id, String name) {
        return new Builder(id, name);
    }

    /** Collects the parts of a rule; {@link #build} fails if the card is not complete. */
    public static final class Builder {
        private final String id;
        private final String name;
        private @Nullable Severity severity;
        private @Nullable String statement;
        private @Nullable String why;
        private @Nullable String source;
        private @Nullable String advice;
        private final Set<Stream> needs = EnumSet.noneOf(Stream.class);
        private final List<RuleParameter> parameters = new ArrayList<>();
        private final List<Clause> clauses = new ArrayList<>();
        private @Nullable Obligation obligation;

        private Builder(String id, String name) {
            this.id = id;
            this.name = name;
        }

        /** How bad a violation is. */
        public Builder severity(Severity value) {
            severity = value;
            return this;
        }

        /** The invariant. */
        public Builder states(String value) {
            statement = value;
            return this;
        }

        /** What goes wrong when it is broken. */
        public Builder why(String value) {
            why = value;
            return this;
        }

        /** Where the kernel or its developers say so. */
        public Builder source(String value) {
            source = value;
            return this;
        }

        /** What to look at or change. */
        public Builder advice(String value) {
            advice = value;
            return this;
        }

        /** The streams it needs; the contract lists them for each rule. */
        public Builder needs(Stream... streams) {
            Collections.addAll(needs, streams);
            return this;
        }

        /** A bound it judges by. */
        public Builder parameter(String parameter, String value, String origin) {
            parameters.add(new RuleParameter(parameter, value, origin));
            return this;
        }

        /** Looks at each event of that type over the state before it. */
        public <E extends Event> Builder before(Class<E> event, Condition<? super E> condition) {
            return on(event, true, condition);
        }

        /** Looks at each event of that type over the state after it. */
        public <E extends Event> Builder after(Class<E> event, Condition<? super E> condition) {
            return on(event, false, condition);
        }

        /** The obligation that {@link Report#oblige} sets deadlines for. */
        public Builder obliges(Obligation value) {
            obligation = value;
            return this;
        }

        private <E extends Event> Builder on(Class<E> event, boolean before, Condition<? super E> condition) {
            EventType type = EventType.named(snakeCase(event.getSimpleName()));
            if (type == null) {
                throw new IllegalArgumentException(event + " is no event of the contract");
            }
            clauses.add(new Clause(type, before, (e, state, report) -> condition.judge(event.cast(e), state, report)));
            return this;
        }

        private static String snakeCase(String camelCase) {
            StringBuilder snake = new StringBuilder();
            for (int i = 0; i < camelCase.length(); i++) {
                char c = camelCase.charAt(i);
                if (Character.isUpperCase(c) && i > 0) {
                    snake.append('_');
                }
                snake.append(Character.toLowerCase(c));
            }
            return snake.toString();
        }

        /** The rule. */
        public Rule build() {
            RuleCard card = new RuleCard(
                    id,
                    name,
                    Objects.requireNonNull(severity, id),
                    Objects.requireNonNull(statement, id),
                    Objects.requireNonNull(why, id),
                    Objects.requireNonNull(source, id),
                    Objects.requireNonNull(advice, id),
                    Collections.unmodifiableSet(needs),
                    List.copyOf(parameters));
            return new Rule(card, List.copyOf(clauses), obligation);
        }
    }
}
