// Replaces the parts of libjxl that are not compiled: its decoder, which progressive DC and lossy efforts from 6 on
// use, butteraugli (from 8 on), the fast encoder of lossless effort 1, patches and splines. Searches find nothing;
// functions that no call from src/encode.rs reaches fail.

#include <hwy/base.h>

#include "lib/jxl/dec_cache.h"
#include "lib/jxl/dec_external_image.h"
#include "lib/jxl/dec_frame.h"
#include "lib/jxl/dec_group.h"
#include "lib/jxl/dec_noise.h"
#include "lib/jxl/enc_butteraugli_comparator.h"
#include "lib/jxl/enc_fast_lossless.h"
#include "lib/jxl/enc_patch_dictionary.h"
#include "lib/jxl/enc_splines.h"
#include "lib/jxl/epf.h"
#include "lib/jxl/render_pipeline/render_pipeline.h"
#include "lib/jxl/render_pipeline/stage_upsampling.h"
#include "lib/jxl/splines.h"

#define ABSENT JXL_FAILURE("not in this build")

namespace jxl {

// Patches: none are found, so none need writing.

Status FindBestPatchDictionary(const Image3F&, PassesEncoderState*, const JxlCmsInterface&, ThreadPool*, AuxOut*, bool) {
  return true;
}
Status PatchDictionaryEncoder::SubtractFrom(const PatchDictionary&, Image3F*) { return true; }
Status PatchDictionaryEncoder::Encode(const PatchDictionary&, BitWriter*, LayerType, AuxOut*) { return ABSENT; }

// Splines: likewise.

Splines FindSplines(const Image3F& opsin) { return Splines(opsin.memory_manager()); }
Status Splines::InitializeDrawCache(size_t, size_t, const ColorCorrelation&) { return true; }
void Splines::Clear() {}
void Splines::SetData(SplineDataView) {}
void Splines::SubtractFrom(Image3F*) const {}
Status EncodeSplines(const Splines&, BitWriter*, LayerType, const HistogramParams&, AuxOut*) { return ABSENT; }

// The decoder.

Status DecodeFrame(PassesDecoderState*, ThreadPool*, const uint8_t*, size_t, FrameHeader*, ImageBundle*,
                   const CodecMetadata&, bool) {
  return ABSENT;
}
Status DecodeGroupForRoundtrip(const FrameHeader&, const std::vector<std::unique_ptr<ACImage>>&, size_t,
                               PassesDecoderState*, GroupDecCache*, size_t, RenderPipelineInput&, jpeg::JPEGData*,
                               AuxOut*) {
  return ABSENT;
}
Status PassesDecoderState::InitForAC(size_t, ThreadPool*) { return ABSENT; }
Status PassesDecoderState::PreparePipeline(const FrameHeader&, const ImageMetadata*, ImageBundle*, PipelineOptions) {
  return ABSENT;
}
Status RenderPipeline::PrepareForThreads(size_t, bool) { return ABSENT; }
RenderPipelineInput RenderPipeline::GetInputBuffers(size_t, size_t) { return {}; }
Status RenderPipelineInput::Done() { return ABSENT; }
std::unique_ptr<RenderPipelineStage> GetUpsamplingStage(JxlMemoryManager*, const CustomTransformData&, size_t, size_t) {
  return nullptr;
}
void PrepareNoiseInput(const PassesDecoderState&, const FrameDimensions&, const FrameHeader&, size_t, size_t) {}
Status ComputeSigma(const LoopFilter&, const Rect&, PassesDecoderState*) { return ABSENT; }
Status ConvertChannelsToExternal(const ImageF* [], size_t, size_t, bool, JxlEndianness, size_t, ThreadPool*, void*,
                                 size_t, const PixelCallback&, Orientation) {
  return ABSENT;
}
Status ConvertToExternal(const ImageBundle&, size_t, bool, size_t, JxlEndianness, size_t, ThreadPool*, void*, size_t,
                         const PixelCallback&, Orientation, bool) {
  return ABSENT;
}

// Butteraugli.

StatusOr<std::unique_ptr<ButteraugliComparator>> ButteraugliComparator::Make(const Image3F&, const ButteraugliParams&) {
  return ABSENT;
}
Status ButteraugliComparator::Mask(ImageF*) const { return ABSENT; }
JxlButteraugliComparator::JxlButteraugliComparator(const ButteraugliParams& params, const JxlCmsInterface& cms)
    : params_(params), cms_(cms) {}
Status JxlButteraugliComparator::SetReferenceImage(const ImageBundle&) { return ABSENT; }
Status JxlButteraugliComparator::SetLinearReferenceImage(const Image3F&) { return ABSENT; }
Status JxlButteraugliComparator::CompareWith(const ImageBundle&, ImageF*, float*) { return ABSENT; }
float JxlButteraugliComparator::GoodQualityScore() const { return 0.0f; }
float JxlButteraugliComparator::BadQualityScore() const { return 0.0f; }

}  // namespace jxl

// The fast lossless encoder.

struct JxlFastLosslessFrameState {};
extern "C" {
JxlFastLosslessFrameState* JxlFastLosslessPrepareFrame(JxlChunkedFrameInputSource, size_t, size_t, size_t, size_t, bool,
                                                       int, int) {
  return nullptr;
}
bool JxlFastLosslessProcessFrame(JxlFastLosslessFrameState*, bool, void*, FJxlParallelRunner,
                                 JxlEncoderOutputProcessorWrapper*) {
  return false;
}
void JxlFastLosslessFreeFrameState(JxlFastLosslessFrameState*) {}
}

// Highway's abort functions, without message and handlers.

namespace hwy {
void Warn(const char*, int, const char*, ...) {}
void Abort(const char*, int, const char*, ...) { __builtin_trap(); }
}  // namespace hwy
