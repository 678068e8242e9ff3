//! A file in a form, as a page's `<input type="file">` sends it (`multipart/form-data`, RFC 7578), read piece by piece.
//!
//! Fields before and after the file are passed over. What the parser holds is bounded: it gets a piece of the body only
//! when it has done with the one before, and a head that does not end is refused.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use mainstay_blobs::BlobStream;
use mainstay_core::{Error, Result, codes};
use multer::{Field, Multipart, parse_boundary};

/// What a form is called in `Content-Type`.
pub(crate) const FORM: &str = "multipart/form-data";

/// What may come of the body between one thing that is of use and the next: a part's head is far smaller.
const HEAD_BYTES_MAX: usize = 16 * 1_024;

/// Fields beside the file.
const FIELDS_MAX: usize = 32;

/// Bytes of such a field: a token or a caption, which is passed over.
const FIELD_BYTES_MAX: usize = 8 * 1_024;

/// As RFC 2046, 5.1.1, has it.
const BOUNDARY_MAX: usize = 70;

/// The file of a form.
pub(super) struct FormFile {
    /// As the sender told it, without parameters and in lower case; empty when none was told.
    pub(super) media_type: String,
    pub(super) bytes: BlobStream,
}

/// Reads up to the file. Its bytes end with an error when there is a second file behind it, so that nothing is taken of a
/// form of which a part would be lost.
///
/// # Errors
/// `core.invalid` for what is no form or has no file; those of `body`.
pub(super) async fn file(content_type: &str, body: BlobStream) -> Result<FormFile> {
    let boundary = parse_boundary(content_type).map_err(refused)?;
    if boundary.is_empty() || boundary.len() > BOUNDARY_MAX {
        return Err(codes::INVALID.error("the boundary of a form has between 1 and 70 characters"));
    }
    let unread = Arc::new(AtomicUsize::new(0));
    let pieces = Metered { body, unread: Arc::clone(&unread), has_given: false };
    let mut form = Form { parts: Multipart::new(pieces, boundary), unread, fields: 0 };
    let Some(file) = form.next_file().await? else {
        return Err(codes::INVALID.error("the form has no file"));
    };
    let media_type =
        file.content_type().map(|told| told.essence_str().to_ascii_lowercase()).unwrap_or_default();
    let bytes = stream::try_unfold((form, Some(file)), |(mut form, file)| async move {
        let Some(mut file) = file else { return Ok(None) };
        if let Some(bytes) = form.piece(&mut file).await? {
            return Ok(Some((bytes, (form, Some(file)))));
        }
        // The next part cannot be read while this one is held.
        drop(file);
        match form.next_file().await? {
            Some(_) => Err(codes::INVALID.error("the form has more than one file; send each by itself")),
            None => Ok(None),
        }
    });
    Ok(FormFile { media_type, bytes: bytes.boxed() })
}

struct Form {
    parts: Multipart<'static>,
    unread: Arc<AtomicUsize>,
    fields: usize,
}

impl Form {
    /// The next part with a file's name.
    async fn next_file(&mut self) -> Result<Option<Field<'static>>> {
        loop {
            let Some(mut part) = self.parts.next_field().await.map_err(refused)? else { return Ok(None) };
            self.unread.store(0, Ordering::Relaxed);
            if part.file_name().is_some() {
                return Ok(Some(part));
            }
            self.fields += 1;
            if self.fields > FIELDS_MAX {
                return Err(codes::INVALID.error("the form has more than 32 fields beside its file"));
            }
            let mut bytes = 0;
            while let Some(piece) = self.piece(&mut part).await? {
                bytes += piece.len();
                if bytes > FIELD_BYTES_MAX {
                    return Err(codes::INVALID.error("a field of the form is longer than 8 kB"));
                }
            }
        }
    }

    async fn piece(&self, part: &mut Field<'static>) -> Result<Option<Bytes>> {
        let piece = part.chunk().await.map_err(refused)?;
        self.unread.store(0, Ordering::Relaxed);
        Ok(piece)
    }
}

fn refused(error: multer::Error) -> Error {
    match error {
        multer::Error::StreamReadFailed(cause) => match cause.downcast::<Error>() {
            Ok(own) => *own,
            Err(cause) => codes::INVALID.because("the form could not be read", cause),
        },
        error => {
            codes::INVALID.because("the body is no form as multipart/form-data has it, or it is cut", error)
        }
    }
}

/// The body as the parser gets it. It reads as long as there is anything, so it is told after each piece that there is
/// nothing yet: then it does something with what it has.
struct Metered {
    body: BlobStream,
    /// Bytes since the parser last gave something out.
    unread: Arc<AtomicUsize>,
    has_given: bool,
}

impl Stream for Metered {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        if std::mem::take(&mut self.has_given) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.unread.load(Ordering::Relaxed) > HEAD_BYTES_MAX {
            let endless = codes::INVALID.error("a part of the form has a head of more than 16 kB");
            return Poll::Ready(Some(Err(endless)));
        }
        let piece = self.body.poll_next_unpin(cx);
        if let Poll::Ready(Some(Ok(bytes))) = &piece {
            self.unread.fetch_add(bytes.len(), Ordering::Relaxed);
            self.has_given = true;
        }
        piece
    }
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;
    use mainstay_core::codes;

    use super::*;

    const KIND: &str = "multipart/form-data; boundary=X";

    fn part(head: &str, body: &str) -> String {
        format!("--X\r\ncontent-disposition: form-data; {head}\r\n\r\n{body}\r\n")
    }

    fn cut(text: &str, size: usize) -> BlobStream {
        let pieces: Vec<Result<Bytes>> =
            text.as_bytes().chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        stream::iter(pieces).boxed()
    }

    async fn read(kind: &str, text: &str, size: usize) -> Result<(String, Vec<u8>)> {
        let FormFile { media_type, bytes } = file(kind, cut(text, size)).await?;
        let pieces: Vec<Bytes> = bytes.try_collect().await?;
        Ok((media_type, pieces.concat()))
    }

    #[tokio::test]
    async fn a_file_is_read_however_it_is_cut_and_fields_are_passed_over() {
        let picture = "bytes --X of\r\n a \r\r\n-picture\r\n--\r\n--x".repeat(50);
        let head = "name=\"picture\"; filename=\"a.jpg\"\r\ncontent-type: Image/JPEG; x=y";
        let form =
            part("name=\"token\"", "abc") + &part(head, &picture) + &part("name=\"last\"", "") + "--X--\r\n";
        for size in [1, 2, 3, 7, 64, 4_096] {
            let (media_type, bytes) = read(KIND, &form, size).await.unwrap();
            assert_eq!(media_type, "image/jpeg");
            assert_eq!(bytes, picture.as_bytes(), "in pieces of {size}");
        }
    }

    #[tokio::test]
    async fn what_is_no_form_with_one_file_is_refused() {
        let one = part("name=\"a\"; filename=\"a\"", "1");
        let end = "--X--\r\n";
        let fields = |count: usize| part("name=\"a\"", "1").repeat(count);
        let long_head = "x".repeat(100_000);
        for (kind, form) in [
            ("multipart/form-data", format!("{one}{end}")),
            ("multipart/form-data; boundary=", format!("{one}{end}")),
            (&*format!("multipart/form-data; boundary={}", "X".repeat(71)), format!("{one}{end}")),
            (KIND, String::new()),
            (KIND, "no form".repeat(10_000)),
            (KIND, end.to_owned()),
            (KIND, fields(1) + end),
            (KIND, fields(33) + &one + end),
            (KIND, part("name=\"a\"", &"1".repeat(10_000)) + &one + end),
            (KIND, one.clone()),
            (KIND, one.clone() + &one + end),
            (KIND, part(&format!("name=\"{long_head}\"; filename=\"a\""), "1") + end),
            (KIND, format!("--X\r\ncontent-disposition: {long_head}")),
        ] {
            let outcome = read(kind, &form, 4_096).await;
            assert!(
                outcome.as_ref().is_err_and(|error| error.is(&codes::INVALID)),
                "{kind} {form:.80}: {outcome:?}"
            );
        }
        assert!(read(KIND, &(fields(32) + &one + end), 4_096).await.is_ok());
    }

    #[tokio::test]
    async fn a_body_that_breaks_says_why_and_no_more_is_held_than_a_piece() {
        let head = part("name=\"a\"; filename=\"a\"", "");
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let endless = stream::iter(
            std::iter::once(Bytes::from(head.trim_end().to_owned() + "\r\n\r\n"))
                .chain(std::iter::repeat_n(Bytes::from(vec![b'y'; 1_024]), 1_000)),
        );
        let counted = endless.map(move |piece| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(piece)
        });
        let broken = stream::iter([Err(codes::UNAVAILABLE.error("gone"))]);
        let FormFile { mut bytes, .. } = file(KIND, counted.chain(broken).boxed()).await.unwrap();
        let mut taken = 0;
        let outcome = loop {
            match bytes.next().await {
                Some(Ok(piece)) => taken += piece.len(),
                other => break other,
            }
            let pieces = asked.load(Ordering::Relaxed);
            assert!(pieces * 1_024 <= taken + 4_096, "{pieces} pieces were read for {taken} bytes");
        };
        assert!(outcome.unwrap().unwrap_err().is(&codes::UNAVAILABLE));
        assert!(taken > 900_000, "{taken}");
    }
}
