/** What a rule is, and the engine that lets rules judge the events of one session over the shared fold. */
@NullMarked
package dev.fenceline.analytics.rule;

import org.jspecify.annotations.NullMarked;
