/** User-mode queues: A-Q01 to A-Q09. */
@NullMarked
package dev.fenceline.analytics.rules.userq;

import org.jspecify.annotations.NullMarked;
