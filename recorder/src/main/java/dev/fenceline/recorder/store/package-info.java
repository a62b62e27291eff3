/**
 * The DuckDB store: one table per event type, derived from its schema; landing by columns, exactly once; the catalogue of sessions;
 * reading a session back as events; SQL for everybody.
 *
 * <p>Decisions: symbols are VARCHAR and not ENUM, because a schema may gain a symbol and a DuckDB enum cannot; DuckDB's dictionary
 * compression makes them as small. Lists and bytes reach DuckDB as text that the INSERT casts, because a Java table function (JDBC
 * 2.0.0) has no list and no blob vectors; they are rare.
 */
@NullMarked
package dev.fenceline.recorder.store;

import org.jspecify.annotations.NullMarked;
