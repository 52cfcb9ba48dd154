// The little of libjxl's interface that src/sys.rs calls: one image, or one JPEG, to one file.

#include <jxl/encode.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

struct Image {
  const void* samples;
  uint32_t width;
  uint32_t height;
  uint32_t channels;  // 3, or 4 with straight alpha
  uint32_t bits;      // of each sample: 8, or 16 in the machine's own order

  JxlDataType Type() const { return bits == 8 ? JXL_TYPE_UINT8 : JXL_TYPE_UINT16; }
  // In bytes.
  size_t Pixel() const { return channels * bits / 8; }
  size_t Row() const { return width * Pixel(); }
};

struct Settings {
  float distance;
  uint32_t effort;
  bool lossless;
  const uint8_t* exif;  // a TIFF structure, or null
  size_t exif_size;
};

// Takes the file.
using Take = void (*)(void* to, const uint8_t* bytes, size_t size);

// Beyond libjxl's own error codes, which end at 0x81.
constexpr int kCreation = 0x100;

// What libjxl writes. It comes back to what it could not know before.
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
  JxlColorEncoding srgb;
  JxlColorEncodingSetToSRGB(&srgb, JXL_FALSE);
  if (JxlEncoderSetBasicInfo(encoder_, &info) != JXL_ENC_SUCCESS) return false;
  if (JxlEncoderSetColorEncoding(encoder_, &srgb) != JXL_ENC_SUCCESS) return false;
  if (!Set(JXL_ENC_FRAME_SETTING_EFFORT, settings.effort)) return false;
  if (settings.lossless) {
    // As libwebp: the colour of a transparent pixel becomes what takes least.
    return JxlEncoderSetFrameLossless(frame_, JXL_TRUE) == JXL_ENC_SUCCESS &&
           Set(JXL_ENC_FRAME_SETTING_KEEP_INVISIBLE, 0);
  }
  if (JxlEncoderSetFrameDistance(frame_, settings.distance) != JXL_ENC_SUCCESS) return false;
  return !alpha || JxlEncoderSetExtraChannelDistance(frame_, 0, 0.0f) == JXL_ENC_SUCCESS;
}

bool Encoder::AddExif(const uint8_t* exif, size_t size) {
  if (exif == nullptr) return true;
  // The box begins with where in it the TIFF structure does (ISO/IEC 18181-2 9.3).
  std::vector<uint8_t> box(4);
  box.insert(box.end(), exif, exif + size);
  return JxlEncoderUseBoxes(encoder_) == JXL_ENC_SUCCESS &&
         JxlEncoderAddBox(encoder_, "Exif", box.data(), box.size(), JXL_FALSE) == JXL_ENC_SUCCESS;
}

// libjxl asks for the parts that it works on, which takes a copy of the image less than to hand it all over.
bool Encoder::AddPixels(const Image& image) {
  JxlChunkedFrameInputSource source = {};
  source.opaque = const_cast<Image*>(&image);
  source.get_color_channels_pixel_format = [](void* opaque, JxlPixelFormat* format) {
    const Image& image = *static_cast<Image*>(opaque);
    *format = {image.channels, image.Type(), JXL_NATIVE_ENDIAN, 0};
  };
  source.get_color_channel_data_at = [](void* opaque, size_t x, size_t y, size_t, size_t, size_t* row) -> const void* {
    const Image& image = *static_cast<Image*>(opaque);
    *row = image.Row();
    return static_cast<const uint8_t*>(image.samples) + y * *row + x * image.Pixel();
  };
  source.get_extra_channel_pixel_format = [](void* opaque, size_t, JxlPixelFormat* format) {
    *format = {1, static_cast<Image*>(opaque)->Type(), JXL_NATIVE_ENDIAN, 0};
  };
  // Alpha stands beside the colours.
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
  // Chroma predicted from luma saves some percent of a 4:4:4 file, and a JPEG comes back to the byte all the same; but who
  // decodes pixels would get chroma that is off by up to half a step of the JPEG's quantization.
  if (!Set(JXL_ENC_FRAME_SETTING_JPEG_RECON_CFL, 0)) return false;
  return JxlEncoderAddJPEGFrame(frame_, jpeg, size) == JXL_ENC_SUCCESS;
}

bool Encoder::Finish() {
  JxlEncoderCloseInput(encoder_);
  return JxlEncoderFlushInput(encoder_) == JXL_ENC_SUCCESS;
}

}  // namespace

// Both give 0 and the file, or the code of an error.

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

// With all metadata and the data for reconstruction, or with `exif` alone, which may be null.
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
