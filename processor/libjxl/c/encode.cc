// The small part of libjxl's interface that src/sys.rs calls: encodes one image, or one JPEG, to one file.

#include <jxl/cms.h>
#include <jxl/encode.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

struct Image {
  const void* pixels;  // 8-bit or 16-bit samples
  uint32_t width;
  uint32_t height;
  uint32_t channels;  // 3, or 4 with straight alpha
  uint32_t bits;      // 8 or 16

  JxlPixelFormat Format(uint32_t samples) const {
    return {samples, bits == 16 ? JXL_TYPE_UINT16 : JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, 0};
  }
};

// Colours other than sRGB.
struct Colors {
  const uint8_t* icc;
  size_t icc_size;
  uint32_t primaries;  // ITU-T H.273: 9 or 12; 0 if only the profile defines them
  uint32_t transfer;   // 13 or 14
  const float* curves;  // three times `steps` values
  size_t steps;
  float matrix[9];
};

struct Settings {
  float distance;
  uint32_t effort;
  bool lossless;
  const Colors* colors;  // null for sRGB
  const uint8_t* exif;  // a TIFF structure, or null
  size_t exif_size;
};

// Converts these colours to linear light in sRGB's primaries, the input of XYB: libjxl needs no other conversion.
class ToLinear {
 public:
  static JxlCmsInterface For(const Colors* colors) {
    JxlCmsInterface cms = *JxlGetDefaultCms();
    cms.init_data = const_cast<Colors*>(colors);
    cms.init = [](void* colors, size_t threads, size_t pixels, const JxlColorProfile*, const JxlColorProfile* to,
                  float) -> void* {
      const bool linear = to->color_encoding.transfer_function == JXL_TRANSFER_FUNCTION_LINEAR && to->num_channels == 3;
      return linear ? new ToLinear(*static_cast<Colors*>(colors), threads, pixels) : nullptr;
    };
    cms.get_src_buf = [](void* self, size_t thread) { return static_cast<ToLinear*>(self)->Buffer(0, thread); };
    cms.get_dst_buf = [](void* self, size_t thread) { return static_cast<ToLinear*>(self)->Buffer(1, thread); };
    cms.run = [](void* self, size_t, const float* from, float* to, size_t pixels) -> JXL_BOOL {
      for (; pixels > 0; --pixels, from += 3, to += 3) static_cast<ToLinear*>(self)->Convert(from, to);
      return JXL_TRUE;
    };
    cms.destroy = [](void* self) { delete static_cast<ToLinear*>(self); };
    return cms;
  }

 private:
  ToLinear(const Colors& colors, size_t threads, size_t pixels)
      : colors_(colors), size_(threads * pixels * 3), pixels_(pixels), buffers_(2 * size_) {}

  float* Buffer(size_t which, size_t thread) { return buffers_.data() + which * size_ + thread * pixels_ * 3; }

  void Convert(const float* from, float* to) const {
    float light[3];
    for (size_t channel = 0; channel < 3; ++channel) {
      const float* curve = colors_.curves + channel * colors_.steps;
      const float last = static_cast<float>(colors_.steps - 1);
      const float place = std::min(std::max(from[channel], 0.0f), 1.0f) * last;
      const size_t step = std::min(static_cast<size_t>(place), colors_.steps - 2);
      light[channel] = curve[step] + (curve[step + 1] - curve[step]) * (place - static_cast<float>(step));
    }
    const float* row = colors_.matrix;
    for (size_t channel = 0; channel < 3; ++channel, row += 3) {
      to[channel] = row[0] * light[0] + row[1] * light[1] + row[2] * light[2];
    }
  }

  const Colors& colors_;
  size_t size_;
  size_t pixels_;
  std::vector<float> buffers_;
};

// Receives the file.
using Take = void (*)(void* to, const uint8_t* bytes, size_t size);

// Beyond libjxl's own error codes, which end at 0x81.
constexpr int kCreation = 0x100;

// Collects libjxl's output. libjxl seeks back to fill in values that it could not know earlier.
class File {
 public:
  JxlEncoderOutputProcessor Output() {
    JxlEncoderOutputProcessor output = {};
    output.opaque = this;
    output.get_buffer = [](void* file, size_t* size) -> void* {
      auto& self = *static_cast<File*>(file);
      self.bytes_.resize(std::max(self.bytes_.size(), self.position_ + *size));
      return self.bytes_.data() + self.position_;
    };
    output.release_buffer = [](void* file, size_t written) {
      auto& self = *static_cast<File*>(file);
      self.position_ += written;
      self.end_ = std::max(self.end_, self.position_);
    };
    output.seek = [](void* file, uint64_t position) {
      static_cast<File*>(file)->position_ = static_cast<size_t>(position);
    };
    output.set_finalized_position = [](void*, uint64_t) {};
    return output;
  }

  void Give(Take take, void* to) const { take(to, bytes_.data(), end_); }

 private:
  std::vector<uint8_t> bytes_;
  size_t end_ = 0;
  size_t position_ = 0;
};

class Encoder {
 public:
  explicit Encoder(File& file) : encoder_(JxlEncoderCreate(nullptr)) {
    if (encoder_ != nullptr && JxlEncoderSetOutputProcessor(encoder_, file.Output()) == JXL_ENC_SUCCESS) {
      frame_ = JxlEncoderFrameSettingsCreate(encoder_, nullptr);
    }
  }
  ~Encoder() { JxlEncoderDestroy(encoder_); }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  bool Ready() const { return frame_ != nullptr; }
  bool Set(JxlEncoderFrameSettingId option, int64_t value) {
    return JxlEncoderFrameSettingsSetOption(frame_, option, value) == JXL_ENC_SUCCESS;
  }
  int Error() const { return JxlEncoderGetError(encoder_); }

  bool Describe(const Image& image, const Settings& settings);
  bool SetColors(const Colors* colors);
  bool AddExif(const uint8_t* exif, size_t size);
  bool AddPixels(const Image& image);
  bool AddJpeg(const uint8_t* jpeg, size_t size, bool reconstruction);
  bool Finish();

 private:
  JxlEncoder* encoder_;
  JxlEncoderFrameSettings* frame_ = nullptr;
};

bool Encoder::Describe(const Image& image, const Settings& settings) {
  const bool alpha = image.channels == 4;
  JxlBasicInfo info;
  JxlEncoderInitBasicInfo(&info);
  info.xsize = image.width;
  info.ysize = image.height;
  info.num_extra_channels = alpha ? 1 : 0;
  info.bits_per_sample = image.bits;
  info.alpha_bits = alpha ? image.bits : 0;
  info.uses_original_profile = settings.lossless ? JXL_TRUE : JXL_FALSE;
  if (JxlEncoderSetBasicInfo(encoder_, &info) != JXL_ENC_SUCCESS) return false;
  if (!SetColors(settings.colors)) return false;
  if (!Set(JXL_ENC_FRAME_SETTING_EFFORT, settings.effort)) return false;
  if (settings.lossless) {
    // Like libwebp, changes the colour of transparent pixels to the cheapest one.
    return JxlEncoderSetFrameLossless(frame_, JXL_TRUE) == JXL_ENC_SUCCESS &&
           Set(JXL_ENC_FRAME_SETTING_KEEP_INVISIBLE, 0);
  }
  if (JxlEncoderSetFrameDistance(frame_, settings.distance) != JXL_ENC_SUCCESS) return false;
  return !alpha || JxlEncoderSetExtraChannelDistance(frame_, 0, 0.0f) == JXL_ENC_SUCCESS;
}

bool Encoder::SetColors(const Colors* colors) {
  JxlColorEncoding encoding;
  JxlColorEncodingSetToSRGB(&encoding, JXL_FALSE);
  if (colors != nullptr) {
    JxlEncoderSetCms(encoder_, ToLinear::For(colors));
    if (colors->primaries == 0) {
      return JxlEncoderSetICCProfile(encoder_, colors->icc, colors->icc_size) == JXL_ENC_SUCCESS;
    }
    encoding.rendering_intent = JXL_RENDERING_INTENT_RELATIVE;
    encoding.primaries = colors->primaries == 9 ? JXL_PRIMARIES_2100 : JXL_PRIMARIES_P3;
    encoding.transfer_function = colors->transfer == 14 ? JXL_TRANSFER_FUNCTION_709 : JXL_TRANSFER_FUNCTION_SRGB;
  }
  return JxlEncoderSetColorEncoding(encoder_, &encoding) == JXL_ENC_SUCCESS;
}

bool Encoder::AddExif(const uint8_t* exif, size_t size) {
  if (exif == nullptr) return true;
  // The box starts with the offset of the TIFF structure (ISO/IEC 18181-2 9.3).
  std::vector<uint8_t> box(4);
  box.insert(box.end(), exif, exif + size);
  return JxlEncoderUseBoxes(encoder_) == JXL_ENC_SUCCESS &&
         JxlEncoderAddBox(encoder_, "Exif", box.data(), box.size(), JXL_FALSE) == JXL_ENC_SUCCESS;
}

// libjxl requests the parts that it works on, which saves a copy of the image.
bool Encoder::AddPixels(const Image& image) {
  JxlChunkedFrameInputSource source = {};
  source.opaque = const_cast<Image*>(&image);
  source.get_color_channels_pixel_format = [](void* opaque, JxlPixelFormat* format) {
    const Image& image = *static_cast<Image*>(opaque);
    *format = image.Format(image.channels);
  };
  source.get_color_channel_data_at = [](void* opaque, size_t x, size_t y, size_t, size_t, size_t* row) -> const void* {
    const Image& image = *static_cast<Image*>(opaque);
    const size_t pixel = image.channels * image.bits / 8;
    *row = image.width * pixel;
    return static_cast<const uint8_t*>(image.pixels) + y * *row + x * pixel;
  };
  source.get_extra_channel_pixel_format = [](void* opaque, size_t, JxlPixelFormat* format) {
    *format = static_cast<Image*>(opaque)->Format(1);
  };
  // Alpha is interleaved with the colours.
  source.get_extra_channel_data_at = [](void*, size_t, size_t, size_t, size_t, size_t, size_t*) -> const void* {
    return nullptr;
  };
  source.release_buffer = [](void*, const void*) {};
  return JxlEncoderAddChunkedFrame(frame_, JXL_TRUE, source) == JXL_ENC_SUCCESS;
}

bool Encoder::AddJpeg(const uint8_t* jpeg, size_t size, bool reconstruction) {
  if (reconstruction) {
    if (JxlEncoderStoreJPEGMetadata(encoder_, JXL_TRUE) != JXL_ENC_SUCCESS) return false;
  } else if (!Set(JXL_ENC_FRAME_SETTING_JPEG_KEEP_EXIF, 0) || !Set(JXL_ENC_FRAME_SETTING_JPEG_KEEP_XMP, 0) ||
             !Set(JXL_ENC_FRAME_SETTING_JPEG_KEEP_JUMBF, 0)) {
    return false;
  }
  // Predicting chroma from luma saves some percent of a 4:4:4 file, and a JPEG can still be reconstructed exactly. But
  // a decoder of the pixels would get chroma that is off by up to half a quantization step of the JPEG.
  if (!Set(JXL_ENC_FRAME_SETTING_JPEG_RECON_CFL, 0)) return false;
  return JxlEncoderAddJPEGFrame(frame_, jpeg, size) == JXL_ENC_SUCCESS;
}

bool Encoder::Finish() {
  JxlEncoderCloseInput(encoder_);
  return JxlEncoderFlushInput(encoder_) == JXL_ENC_SUCCESS;
}

}  // namespace

// Both return 0 and pass on the file, or return an error code.

extern "C" int darkroom_jxl_encode(const Image* image, const Settings* settings, Take take, void* to) {
  File file;
  Encoder encoder(file);
  if (!encoder.Ready()) return kCreation;
  const bool done = encoder.Describe(*image, *settings) && encoder.AddExif(settings->exif, settings->exif_size) &&
                    encoder.AddPixels(*image) && encoder.Finish();
  if (!done) return encoder.Error();
  file.Give(take, to);
  return 0;
}

// Keeps all metadata and the data for reconstruction, or only `exif`, which may be null.
extern "C" int darkroom_jxl_transcode(const uint8_t* jpeg, size_t size, bool reconstruction, uint32_t effort,
                                      const uint8_t* exif, size_t exif_size, Take take, void* to) {
  File file;
  Encoder encoder(file);
  if (!encoder.Ready()) return kCreation;
  const bool done = encoder.Set(JXL_ENC_FRAME_SETTING_EFFORT, effort) && encoder.AddExif(exif, exif_size) &&
                    encoder.AddJpeg(jpeg, size, reconstruction) && encoder.Finish();
  if (!done) return encoder.Error();
  file.Give(take, to);
  return 0;
}
