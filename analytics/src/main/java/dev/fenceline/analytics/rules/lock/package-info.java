/** Lock order and deadlocks: A-L01 to A-L04. */
@NullMarked
package dev.fenceline.analytics.rules.lock;

import org.jspecify.annotations.NullMarked;
