/** The layout algorithm in a thread of its own: the page stays fluid while a large map is laid out. */
import 'elkjs/lib/elk-worker.min.js';
