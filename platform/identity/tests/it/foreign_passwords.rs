//! Records that other systems made: checked as they are, made anew, bounded.

use mainstay_core::CpuPool;
use mainstay_identity::codes::PASSWORD_RECORD_BROKEN;
use mainstay_identity::{Passwords, Verdict};
use mainstay_secrets::Secret;

fn passwords() -> Passwords {
    Passwords::with_cost(CpuPool::new(1, 4).unwrap(), 64, 1).unwrap()
}

async fn verify(password: &str, record: &str) -> Verdict {
    passwords().verify(Secret::new(password.to_owned()), record).await.unwrap()
}

#[tokio::test]
async fn records_of_other_hashes_are_verified_and_asked_to_be_made_anew() {
    let bcrypt = bcrypt::hash_with_salt("open sesame", 4, [7; 16]).unwrap();
    let scrypt = "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E";
    let older = Passwords::with_cost(CpuPool::new(1, 4).unwrap(), 32, 3).unwrap();
    let argon2 = older.hash(Secret::new("open sesame".to_owned())).await.unwrap();
    for version in [bcrypt::Version::TwoA, bcrypt::Version::TwoB, bcrypt::Version::TwoY] {
        let record = bcrypt.format_for_version(version);
        assert_eq!(verify("open sesame", &record).await, Verdict::RightButOld, "{record}");
        assert_eq!(verify("open sesamE", &record).await, Verdict::Wrong, "{record}");
    }
    assert_eq!(verify("password", scrypt).await, Verdict::RightButOld);
    assert_eq!(verify("Password", scrypt).await, Verdict::Wrong);
    assert_eq!(verify("open sesame", &argon2).await, Verdict::RightButOld);
}

#[tokio::test]
async fn what_bcrypt_did_not_see_does_not_become_a_part_of_the_password() {
    let (seen, behind) = ("x".repeat(72), "and a slip of the keyboard");
    let record = bcrypt::hash_with_salt(&seen, 4, [7; 16]).unwrap().to_string();
    assert_eq!(verify(&seen, &record).await, Verdict::RightButOld);
    let verdict = verify(&format!("{seen}{behind}"), &record).await;
    assert_eq!(verdict, Verdict::RightAsFarAsKnown);
    assert!(verdict.is_right());
    // A zero byte ends a password for most makers of such records: nobody's password goes on behind one.
    let short = bcrypt::hash_with_salt("open", 4, [7; 16]).unwrap().to_string();
    assert_eq!(verify("open\0 sesame", &short).await, Verdict::Wrong);
}

#[tokio::test]
async fn a_record_that_asks_for_too_much_is_broken_and_not_computed() {
    for record in [
        // A gibibyte; a gibibyte; seventeen passes; 2^24 rounds.
        "$argon2id$v=19$m=1048576,t=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo",
        // Numbers whose product is more than 32 bits hold.
        "$scrypt$ln=17,r=68,p=627500045",
        "$scrypt$ln=1,r=65536,p=65536$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
        "$scrypt$ln=20,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
        "$argon2id$v=19$m=64,t=17,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo",
        "$2b$24$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        // An implementation whose hashes were wrong, and none that is known.
        "$2x$04$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$pbkdf2-sha256$i=1000$c2FsdHNhbHQ$aGFzaGhhc2g",
    ] {
        let error = passwords().verify(Secret::new("x".to_owned()), record).await.unwrap_err();
        assert!(error.is(&PASSWORD_RECORD_BROKEN), "{record}: {error:?}");
        assert!(!error.chain().contains("c2FsdHNhbHQ"), "{}", error.chain());
    }
}
