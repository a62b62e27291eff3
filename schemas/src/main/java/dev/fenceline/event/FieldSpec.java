package dev.fenceline.event;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One field of an event beyond its head, for code that treats all events alike.
 *
 * @param index position among the fields after the head, from 0
 * @param name name on the wire, in trace text and in JSON
 * @param column column in the event's table; differs from the name where the head already has a column of that name
 * @param kind what it holds
 * @param idKind the kind of object it identifies ("bo", "fence"), or null for a plain value
 * @param unit unit of a number ("bytes", "ns", "pages"), or null
 * @param doc what it means
 * @param symbols the symbols of its enumeration, UNKNOWN first; empty for other kinds
 */
public record FieldSpec(
        int index,
        String name,
        String column,
        FieldKind kind,
        @Nullable String idKind,
        @Nullable String unit,
        String doc,
        List<String> symbols) {}
