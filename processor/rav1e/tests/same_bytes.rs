//! The encoder's output equals rav1e's, to the byte.

/// Encodes a textured still as AV1; `$rav1e` is either crate.
macro_rules! encode {
    ($rav1e:ident, $pixel:ty, $still:expr) => {{
        use $rav1e::prelude::*;
        let Still { width, height, depth, effort, quantizer } = $still;
        let config = EncoderConfig {
            width,
            height,
            bit_depth: depth,
            still_picture: true,
            quantizer,
            min_quantizer: quantizer as u8,
            speed_settings: SpeedSettings::from_preset(effort),
            ..EncoderConfig::default()
        };
        let config = Config::new().with_encoder_config(config).with_threads(1);
        let mut context: Context<$pixel> = config.new_context().expect("a context");
        let mut frame = context.new_frame();
        for (index, plane) in frame.planes.iter_mut().enumerate() {
            for (y, row) in plane.mut_slice(Default::default()).rows_iter_mut().enumerate() {
                for (x, sample) in row.iter_mut().enumerate() {
                    *sample = texture(x, y, index, depth) as $pixel;
                }
            }
        }
        context.send_frame(frame).expect("sent");
        context.flush();
        let mut bytes = Vec::new();
        loop {
            match context.receive_packet() {
                Ok(packet) => bytes.extend(packet.data),
                Err(EncoderStatus::Encoded) => {}
                Err(EncoderStatus::LimitReached) => break bytes,
                Err(error) => panic!("{error}"),
            }
        }
    }};
}

#[derive(Clone, Copy, Debug)]
struct Still {
    width: usize,
    height: usize,
    depth: usize,
    effort: u8,
    quantizer: usize,
}

/// Slopes, an edge and noise, so that blocks of all sizes and types are used.
fn texture(x: usize, y: usize, plane: usize, depth: usize) -> usize {
    let noise = (x * 7919 + y * 104_729 + plane * 31).wrapping_mul(2_654_435_761) >> 16 & 31;
    let slope = x * 2 + y / 2 + plane * 40;
    let value = if (x / 24).is_multiple_of(2) { slope } else { 255_usize.saturating_sub(slope) };
    let value = if y > 70 { value + noise } else { value };
    value.min(255) << (depth - 8)
}

#[test]
fn all_kinds_of_transforms() {
    // Speed 2 tries every size and type of transform; 9 is close to Darkroom's. Quantizer 0 is lossless.
    for (effort, quantizer) in [(2, 40), (2, 160), (6, 100), (9, 0), (9, 30), (9, 120), (9, 255)] {
        for (width, height) in [(160, 120), (67, 33)] {
            let still = Still { width, height, depth: 10, effort, quantizer };
            assert_eq!(encode!(darkroom_rav1e, u16, still), encode!(rav1e, u16, still), "{still:?}");
            let still = Still { depth: 8, ..still };
            assert_eq!(encode!(darkroom_rav1e, u8, still), encode!(rav1e, u8, still), "{still:?}");
        }
    }
}
