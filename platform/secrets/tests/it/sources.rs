//! Secrets that the configuration points at.

use mainstay_secrets::{SecretSource, codes};

#[test]
fn a_file_gives_its_line_without_the_break() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "tok_1\r\n").unwrap();
    let source: SecretSource = format!("file:{}", path.display()).parse().unwrap();
    assert_eq!(source.load().unwrap().expose(), "tok_1");

    std::fs::write(&path, "\n").unwrap();
    assert!(source.load().unwrap_err().is(&codes::ABSENT));
    std::fs::remove_file(&path).unwrap();
    assert!(source.load().unwrap_err().message().contains("token"));
}

#[test]
fn the_environment_gives_a_variable_that_is_set() {
    let source: SecretSource = "env:CARGO_PKG_NAME".parse().unwrap();
    assert_eq!(source.load().unwrap().expose(), "mainstay-secrets");
    let source: SecretSource = "env:MAINSTAY_TEST_NOT_SET".parse().unwrap();
    assert!(source.load().unwrap_err().message().contains("MAINSTAY_TEST_NOT_SET"));
}

#[test]
fn a_secret_written_into_the_configuration_is_refused_and_not_repeated() {
    for text in ["\"hunter2\"", "\"file:\"", "\"env:\"", "\"vault:x\""] {
        let error = serde_json::from_str::<SecretSource>(text).unwrap_err().to_string();
        assert!(error.contains("file:<path>") && !error.contains("hunter2"), "{error}");
    }
    let source: SecretSource = serde_json::from_str("\"env:TOKEN\"").unwrap();
    assert_eq!(serde_json::to_string(&source).unwrap(), "\"env:TOKEN\"", "the place may be shown");
}
