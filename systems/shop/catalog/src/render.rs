//! Makes the sizes of a picture out of the file that somebody sent. Pure and on the processor alone.
//!
//! A file is believed nothing: what it is is read off its first bytes, what it will cost off its head, before anything is
//! decoded. What comes out is encoded anew, so nothing of the file's but its pixels is ever served: no place where a
//! photograph was taken, no script, no second file behind the first.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType as PngFilter, PngEncoder};
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use mainstay_core::{Error, Result, codes as core_codes};

use crate::codes::PICTURE_UNUSABLE;
use crate::model::{PictureFormat, PictureSize};

/// The media types of files that are read, as they are told.
pub const MEDIA_TYPES: &[&str] = &["image/jpeg", "image/png", "image/webp"];

/// As many as a telephone takes. Decoded, that is 72 MB, and 144 MB more while a progressive JPEG is read.
const PIXELS_MAX: u64 = 24_000_000;

/// Longest edge: beyond it, a line of pixels is no picture.
const EDGE_MAX: u32 = 16_384;

/// What a decoded picture may take: pixels of four bytes, and of eight for smaller ones.
const DECODED_BYTES_MAX: u64 = 100_000_000;

/// Passes in which a progressive JPEG is sent; each costs as much as a picture. Encoders make some ten.
const SCANS_MAX: usize = 64;

/// Where a difference is not seen in a photograph any more.
const JPEG_QUALITY: u8 = 82;

/// A picture in every size.
pub struct Rendered {
    pub format: PictureFormat,
    /// The largest first.
    pub sizes: Vec<RenderedSize>,
}

/// A picture in one size, ready to be served.
pub struct RenderedSize {
    pub size: PictureSize,
    pub width: u32,
    pub height: u32,
    pub bytes: Vec<u8>,
}

/// Reads a file and makes its sizes. `told` is the media type that its sender gave.
///
/// # Errors
/// `catalog.picture_unusable`.
pub fn render(file: &[u8], told: &str) -> Result<Rendered> {
    let mut image = decode(file, told)?;
    let is_opaque = !image.color().has_alpha() || image.to_rgba8().pixels().all(|pixel| pixel[3] == u8::MAX);
    image = match is_opaque {
        true => image.into_rgb8().into(),
        false => image.into_rgba8().into(),
    };
    let format = if is_opaque { PictureFormat::Jpeg } else { PictureFormat::Png };
    let mut sizes = Vec::new();
    for size in PictureSize::ALL {
        image = within(image, size.edge());
        let bytes = encode(&image, format)?;
        sizes.push(RenderedSize { size, width: image.width(), height: image.height(), bytes });
    }
    Ok(Rendered { format, sizes })
}

fn decode(file: &[u8], told: &str) -> Result<DynamicImage> {
    let format = match image::guess_format(file) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) => format,
        _ => return Err(unusable("it is no JPEG, PNG or WebP")),
    };
    if format.to_mime_type() != told {
        return Err(unusable(format!("it was called {told} and is {}", format.to_mime_type())));
    }
    if format == ImageFormat::Jpeg && scans(file) > SCANS_MAX {
        return Err(unusable("it comes in more passes than an encoder makes"));
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(EDGE_MAX);
    limits.max_image_height = Some(EDGE_MAX);
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(undecodable)?;
    let (width, height) = decoder.dimensions();
    let is_too_long = width > EDGE_MAX || height > EDGE_MAX;
    if is_too_long || u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(unusable(format!("it has {width} by {height} pixels; 24 million are taken")));
    }
    if decoder.total_bytes() > DECODED_BYTES_MAX {
        return Err(unusable("its pixels are too fine for its size; save it with 8 bits a colour"));
    }
    let orientation = decoder.orientation().map_err(undecodable)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(undecodable)?;
    // What the camera said of how it was held goes with the rest of what it said.
    image.apply_orientation(orientation);
    Ok(image)
}

/// Markers that begin a pass. Within a pass, `FF` is followed by zero or by a mark of another kind.
fn scans(file: &[u8]) -> usize {
    file.windows(2).filter(|pair| *pair == [0xff, 0xda]).count()
}

/// Not larger than the edge. Coarsely to twice the size at first: the fine way costs memory by the pixels that it reads.
fn within(image: DynamicImage, edge: u32) -> DynamicImage {
    let longest = image.width().max(image.height());
    if longest <= edge {
        return image;
    }
    let coarse = if longest > 4 * edge { image.thumbnail(2 * edge, 2 * edge) } else { image };
    coarse.resize(edge, edge, FilterType::CatmullRom)
}

fn encode(image: &DynamicImage, format: PictureFormat) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let written = match format {
        PictureFormat::Jpeg => {
            image.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))
        }
        PictureFormat::Png => image.write_with_encoder(PngEncoder::new_with_quality(
            &mut bytes,
            CompressionType::Default,
            PngFilter::Adaptive,
        )),
    };
    written.map_err(|error| core_codes::INTERNAL.because("a picture could not be written", error))?;
    Ok(bytes)
}

fn unusable(why: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    PICTURE_UNUSABLE.error(why)
}

fn undecodable(error: image::ImageError) -> Error {
    PICTURE_UNUSABLE.because("it cannot be read as the picture that it says to be", error)
}

#[cfg(test)]
mod tests {
    use image::codecs::webp::WebPEncoder;
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    /// What a camera writes into its files, and nobody else shall read.
    const SECRET: &[u8] = b"53.9590N 1.0815W, serial 8812-77";

    fn photo(width: u32, height: u32) -> DynamicImage {
        RgbImage::from_fn(width, height, |x, y| Rgb([(x % 256) as u8, (y % 256) as u8, 128])).into()
    }

    fn file(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn refusal(file: &[u8], told: &str) -> String {
        match render(file, told) {
            Ok(_) => panic!("{told} was taken"),
            Err(error) => {
                assert!(error.is(&PICTURE_UNUSABLE), "{}", error.chain());
                error.message().to_owned()
            }
        }
    }

    fn sizes(rendered: &Rendered) -> Vec<(u32, u32)> {
        rendered.sizes.iter().map(|size| (size.width, size.height)).collect()
    }

    #[test]
    fn each_size_is_what_it_says_and_none_is_enlarged() {
        for (format, told) in [
            (ImageFormat::Jpeg, "image/jpeg"),
            (ImageFormat::Png, "image/png"),
            (ImageFormat::WebP, "image/webp"),
        ] {
            let rendered = render(&file(&photo(2_000, 1_000), format), told).unwrap();
            assert_eq!(sizes(&rendered), [(1_600, 800), (640, 320), (160, 80)]);
            assert_eq!(rendered.format, PictureFormat::Jpeg);
            for size in &rendered.sizes {
                let read = image::load_from_memory_with_format(&size.bytes, ImageFormat::Jpeg).unwrap();
                assert_eq!((read.width(), read.height()), (size.width, size.height));
            }
        }
        let small = render(&file(&photo(100, 50), ImageFormat::Png), "image/png").unwrap();
        assert_eq!(sizes(&small), [(100, 50); 3]);
        let line = render(&file(&photo(9_000, 1), ImageFormat::Png), "image/png").unwrap();
        assert_eq!(sizes(&line), [(1_600, 1), (640, 1), (160, 1)]);
    }

    #[test]
    fn what_is_transparent_stays_so() {
        let glass = RgbaImage::from_fn(300, 300, |x, _| Rgba([255, 0, 0, if x < 150 { 0 } else { 255 }]));
        let mut webp = Vec::new();
        DynamicImage::from(glass.clone()).write_with_encoder(WebPEncoder::new_lossless(&mut webp)).unwrap();
        for (file, told) in [(file(&glass.into(), ImageFormat::Png), "image/png"), (webp, "image/webp")] {
            let rendered = render(&file, told).unwrap();
            assert_eq!(rendered.format, PictureFormat::Png);
            let thumb = image::load_from_memory(&rendered.sizes[2].bytes).unwrap().into_rgba8();
            assert_eq!((thumb.get_pixel(10, 80)[3], thumb.get_pixel(150, 80)[3]), (0, 255));
        }
        let opaque = RgbaImage::from_pixel(30, 30, Rgba([1, 2, 3, 255]));
        assert_eq!(
            render(&file(&opaque.into(), ImageFormat::Png), "image/png").unwrap().format,
            PictureFormat::Jpeg,
            "a channel that says nothing is none"
        );
    }

    /// A JPEG with what a camera says of it: held on its side, and where.
    fn told_on(jpeg: &[u8]) -> Vec<u8> {
        let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
        exif.extend_from_slice(SECRET);
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..], SECRET].concat()
    }

    #[test]
    fn what_a_camera_says_is_followed_and_not_passed_on() {
        let sent = told_on(&file(&photo(300, 200), ImageFormat::Jpeg));
        let rendered = render(&sent, "image/jpeg").unwrap();
        assert_eq!(sizes(&rendered), [(200, 300), (200, 300), (107, 160)], "it is turned");
        for size in &rendered.sizes {
            let has = |what: &[u8]| size.bytes.windows(what.len()).any(|part| part == what);
            assert!(!has(SECRET) && !has(b"Exif"));
        }
    }

    #[test]
    fn what_is_no_picture_is_refused_whatever_it_is_called() {
        let png = file(&photo(10, 10), ImageFormat::Png);
        assert!(refusal(&png, "image/jpeg").contains("is image/png"));
        assert!(refusal(&png, "").contains("is image/png"));
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
        for (bytes, told) in [
            (&svg[..], "image/svg+xml"),
            (svg, "image/png"),
            (b"<!doctype html><script>alert(1)</script>", "image/jpeg"),
            (b"GIF89a\x01\0\x01\0\0\0\0;", "image/gif"),
            (b"BM", "image/bmp"),
            (b"", "image/png"),
        ] {
            assert!(refusal(bytes, told).contains("no JPEG, PNG or WebP"), "{told}");
        }
        // Each begins as what it says to be and goes on as nothing, or breaks off.
        for (format, told) in [
            (ImageFormat::Jpeg, "image/jpeg"),
            (ImageFormat::Png, "image/png"),
            (ImageFormat::WebP, "image/webp"),
        ] {
            let whole = file(&photo(400, 400), format);
            let junk = [&whole[..20], &[0x5a; 5_000]].concat();
            refusal(&junk, told);
            refusal(&whole[..30], told);
        }
    }

    #[test]
    fn pixels_are_counted_before_they_are_made() {
        // The size, depth and colours in a PNG's head, made larger; its checksum follows.
        let bomb = |width: u32, height: u32, colours: [u8; 2]| {
            let mut png = file(&photo(1, 1), ImageFormat::Png);
            png[16..20].copy_from_slice(&width.to_be_bytes());
            png[20..24].copy_from_slice(&height.to_be_bytes());
            png[24..26].copy_from_slice(&colours);
            let checksum = crc32(&png[12..29]);
            png[29..33].copy_from_slice(&checksum.to_be_bytes());
            png
        };
        for (width, height) in [(8_000, 8_000), (100_000, 10), (u32::MAX >> 1, u32::MAX >> 1)] {
            refusal(&bomb(width, height, [8, 2]), "image/png");
        }
        assert!(refusal(&bomb(5_000, 5_000, [8, 2]), "image/png").contains("24 million"));
        // Sixteen bits a colour, and four of them, make twice of it.
        assert!(refusal(&bomb(4_000, 4_000, [16, 6]), "image/png").contains("too fine"));
        // A JPEG says its size in the frame's head.
        let mut jpeg = file(&photo(8, 8), ImageFormat::Jpeg);
        let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
        refusal(&jpeg, "image/jpeg");
        let passes = [&file(&photo(8, 8), ImageFormat::Jpeg)[..], &[0xff, 0xda].repeat(100)].concat();
        assert!(refusal(&passes, "image/jpeg").contains("passes"));
    }

    /// The checksum of a PNG's chunk, by its definition.
    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }
            })
        })
    }
}
