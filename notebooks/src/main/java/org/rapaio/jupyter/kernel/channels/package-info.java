/** The one class of the Java kernel for Jupyter that we replace. */
@NullMarked
package org.rapaio.jupyter.kernel.channels;

import org.jspecify.annotations.NullMarked;
