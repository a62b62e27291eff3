package dev.fenceline.analytics.rules;

import dev.fenceline.event.*;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The creates that a fragment leaves out, for the objects whose use without one is a contradiction. */
final class Creates {
    private final TreeSet<Long> fences = new TreeSet<>();
    private final TreeSet<Long> vms = new TreeSet<>();
    private final TreeSet<Long> vmas = new TreeSet<>();
    private final TreeSet<Long> notifiers = new TreeSet<>();
    private final TreeSet<Long> connections = new TreeSet<>();

    private final LongList fenceIdentities;

    private Creates(LongList fenceIdentities) {
        this.fenceIdentities = fenceIdentities;
    }

    static List<Event> missingFrom(List<Event> events, @Nullable LongList fenceIdentities) {
        Creates creates = new Creates(fenceIdentities == null ? LongList.of() : fenceIdentities);
        for (Event event : events) {
            creates.note(event);
        }
        return creates.events(events);
    }

    private void note(Event event) {
        event.forEachField(new FieldVisitor() {
            @Override
            public void number(FieldSpec field, long value) {
                String kind = field.idKind();
                if (kind != null) {
                    switch (kind) {
                        case "fence" -> fences.add(value);
                        case "vm" -> vms.add(value);
                        case "vma" -> vmas.add(value);
                        case "notifier" -> notifiers.add(value);
                        case "connection" -> connections.add(value);
                        default -> {}
                    }
                }
            }

            @Override
            public void numbers(FieldSpec field, LongList value) {
                for (int i = 0; i < value.size(); i++) {
                    number(field, value.get(i));
                }
            }

            @Override
            public void flag(FieldSpec field, boolean value) {}

            @Override
            public void text(FieldSpec field, String value) {}

            @Override
            public void bytes(FieldSpec field, byte[] value) {}

            @Override
            public void symbol(FieldSpec field, String value) {}

            @Override
            public void symbols(FieldSpec field, List<String> value) {}

            @Override
            public void texts(FieldSpec field, List<String> value) {}
        });
    }

    private List<Event> events(List<Event> story) {
        for (Event event : story) {
            if (event instanceof DmaFenceInit init) {
                fences.remove(init.fence());
            } else if (event instanceof VmCreate create) {
                vms.remove(create.vm());
            } else if (event instanceof VmaCreate create) {
                vmas.remove(create.vma());
            } else if (event instanceof NotifierInsert insert) {
                notifiers.remove(insert.notifier());
            } else if (event instanceof DebugConnect connect) {
                connections.remove(connect.connection());
            }
        }
        List<Event> made = new ArrayList<>();
        fences.stream()
                .map(this::init)
                .sorted(Comparator.comparingLong(DmaFenceInit::context).thenComparingLong(DmaFenceInit::seqno))
                .forEach(made::add);
        vms.forEach(id -> made.add(at(VmCreate.builder().vm(id).resv(id).notifierLock(id))));
        vmas.forEach(id -> made.add(at(VmaCreate.builder().vma(id))));
        notifiers.forEach(id -> made.add(at(NotifierInsert.builder().notifier(id))));
        connections.forEach(id ->
                made.add(at(DebugConnect.builder().connection(id).target(1).byTgid(1))));
        return made;
    }

    private DmaFenceInit init(long fence) {
        DmaFenceInit.Builder init = DmaFenceInit.builder().fence(fence);
        for (int i = 0; i < fenceIdentities.size(); i += 3) {
            if (fenceIdentities.get(i) == fence) {
                init.context(fenceIdentities.get(i + 1)).seqno(fenceIdentities.get(i + 2));
            }
        }
        return init.build(1, 0, 0, 0, 0, Source.SIMULATOR);
    }

    private static Event at(Event.Builder<?> builder) {
        return builder.build(1, 0, 0, 0, 0, Source.SIMULATOR);
    }
}
