//! All guests in one static library: the codecs are optimized once, and `tools/componentize` links each world from it.

use darkroom_command as _;
use darkroom_edge_component as _;
use darkroom_processor_component as _;
