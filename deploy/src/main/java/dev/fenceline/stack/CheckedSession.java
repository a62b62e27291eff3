package dev.fenceline.stack;

/**
 * A session that went all the way through the stack.
 *
 * @param number its number in the store
 * @param landed events in the store
 * @param checked events that the rules job saw
 * @param alerts alerts it raised, all of them landed
 */
public record CheckedSession(int number, long landed, long checked, long alerts) {}
