//! What names of fields say of people, in a few languages.

/// What a field holds by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// E-mail addresses.
    Email,
    /// Telephone numbers.
    Telephone,
    /// Postal addresses.
    Address,
    /// Passwords, or what is made of them.
    Password,
    /// What lets somebody in: tokens, keys, sessions.
    Secret,
    /// Numbers by which offices know people.
    NationalId,
    /// Bank accounts and cards.
    Bank,
    /// IP addresses, and ids of devices.
    Device,
    /// Coordinates.
    Place,
    /// Days of birth, with the day.
    BirthDate,
    /// When somebody was last there.
    Activity,
}

impl Named {
    /// What the name says, in words.
    pub fn plural(self) -> &'static str {
        match self {
            Named::Email => "e-mail addresses",
            Named::Telephone => "telephone numbers",
            Named::Address => "addresses",
            Named::Password => "passwords",
            Named::Secret => "keys or tokens",
            Named::NationalId => "numbers of identity papers",
            Named::Bank => "bank accounts or cards",
            Named::Device => "addresses of devices",
            Named::Place => "coordinates",
            Named::BirthDate => "dates of birth",
            Named::Activity => "times of the last visit",
        }
    }
}

/// Names without accents, their words joined by blanks. What begins earlier in a name decides, unless other
/// words follow it, and there the longest.
const NAMES: [(Named, &str); 11] = [
    (
        Named::Email,
        "email,e mail,mail,emails,mails,emailaddress,emailadresse,mailadresse,mailaddress,courriel,correo,\
         correo electronico,posta elettronica,epost,e post,eposta,poczta,sahkoposti,adresse mail,adresse email",
    ),
    (
        Named::Telephone,
        "phone,phones,telephone,telephones,telefon,telefone,telefono,tel,tels,telnr,telno,telefoon,telefoonnummer,telefonnummer,\
         phonenumber,phoneno,mobile,mobil,mobiel,mobilnummer,mobilnr,mobiltelefon,mobilephone,handy,handynummer,handynr,\
         cellphone,cell phone,gsm,movil,celular,cellulare,telemovel,fax,whatsapp,msisdn,puhelin,numero de telephone",
    ),
    (
        Named::Address,
        "address,addresses,adresse,adressen,adress,adres,anschrift,direccion,domicilio,indirizzo,endereco,morada,adresa,\
         osoite,street,streetaddress,streetname,strasse,strassenname,calle,rua,straat,straatnaam,gata,rue,addr,wohnort adresse",
    ),
    (
        Named::Password,
        "password,passwords,passwd,passwort,kennwort,pwd,wachtwoord,mot de passe,motdepasse,contrasena,senha,haslo,losenord,\
         adgangskode,salasana,passphrase,passwordhash,pass hash",
    ),
    (
        Named::Secret,
        "token,tokens,accesstoken,refreshtoken,secret,secrets,apikey,api key,private key,privatekey,auth key,secret key,\
         session id,sessionid,session key,session token,cookie,cookies,credentials,otp secret,totp secret",
    ),
    (
        Named::NationalId,
        "ssn,social security,socialsecurity,socialsecuritynumber,sozialversicherungsnummer,steuer id,steuernummer,tax id,\
         taxid,passport,passport number,passnummer,ausweisnummer,personalausweis,personnummer,bsn,dni,curp,cpf,\
         codice fiscale,pesel,national id,nationalid,id card number,driver license,drivers license,driving licence,\
         fuhrerschein,numero de securite sociale,ahv,ahv nummer,nhs number",
    ),
    (
        Named::Bank,
        "iban,bank account,bankaccount,account number,accountnumber,kontonummer,rekeningnummer,credit card,creditcard,\
         card number,cardnumber,creditcardnumber,kreditkarte,kreditkartennummer,carte bancaire,cvv,cvc",
    ),
    (
        Named::Device,
        "ip,ips,ip addr,ipaddress,ipaddr,ip address,ipv4,ipv6,remote addr,client ip,imei,idfa,gaid,advertising id,device id,deviceid,\
         mac address,macaddress",
    ),
    (
        Named::Place,
        "lat,latitude,lon,lng,long,longitude,latlon,latlng,lat lon,lat lng,geo,gps,coordinates,coordinate,coords,\
         geolocation,location,loc,breitengrad,langengrad,latitud,longitud",
    ),
    (
        Named::BirthDate,
        "birth date,birthdate,birthday,date of birth,dateofbirth,dob,geburtsdatum,geburtstag,date de naissance,\
         date naissance,datenaissance,fecha de nacimiento,fecha nacimiento,fechanacimiento,data di nascita,data nascita,\
         data de nascimento,data nascimento,geboortedatum,fodselsdato,fodelsedatum,syntymaaika,data urodzenia,born,born on,\
         born at,geb datum",
    ),
    (
        Named::Activity,
        "last login,lastlogin,last logged in,last sign in,last signin,last seen,lastseen,last active,lastactive,\
         last activity,last online,last visit,last access,letzter login,letzte anmeldung,letzte aktivitat,derniere connexion,\
         ultimo acceso,ultimo accesso,ultimo login,ultimo acesso,laatste login,laatst gezien",
    ),
];

/// Words behind a name that leave it what it is.
const BEHIND: [&str; 66] = [
    "address",
    "addr",
    "addresses",
    "adresse",
    "adress",
    "adres",
    "number",
    "numbers",
    "num",
    "no",
    "nr",
    "nummer",
    "numero",
    "main",
    "primary",
    "private",
    "privat",
    "work",
    "home",
    "office",
    "mobile",
    "business",
    "personal",
    "raw",
    "plain",
    "e164",
    "line",
    "text",
    "value",
    "values",
    "current",
    "new",
    "old",
    "backup",
    "secondary",
    "hash",
    "hashed",
    "salt",
    "full",
    "at",
    "date",
    "time",
    "name",
    "key",
    "mobil",
    "movil",
    "fijo",
    "fixe",
    "fisso",
    "fest",
    "festnetz",
    "landline",
    "portable",
    "cell",
    "perso",
    "personnel",
    "personale",
    "pro",
    "professionnel",
    "casa",
    "lavoro",
    "trabajo",
    "trabalho",
    "arbeit",
    "dienstlich",
    "geschaftlich",
];
/// Words before a name that make it something else.
const BEFORE: [&str; 24] = [
    "is", "has", "had", "was", "can", "allow", "allows", "show", "shows", "hide", "hides", "wants", "num",
    "count", "min", "max", "prefers", "web", "url", "site", "wallet", "contract", "memory", "block",
];
/// Words that say nothing by themselves: the field around them does.
const GENERIC: [&str; 14] = [
    "value", "values", "number", "numbers", "text", "raw", "primary", "home", "work", "private", "main",
    "current", "other", "full",
];

/// What a field holds by its name or path.
pub fn of(path: &str) -> Option<Named> {
    let mut parts = path.rsplit('.');
    let last = words(parts.next()?);
    let is_generic = last.iter().all(|word| GENERIC.contains(&word.as_str()) || is_number(word));
    let all = match (is_generic, parts.next()) {
        (true, Some(parent)) => words(parent).into_iter().chain(last).collect(),
        _ => last,
    };
    in_words(&all)
}

fn in_words(words: &[String]) -> Option<Named> {
    for start in 0..words.len() {
        let named = NAMES.iter().flat_map(|(named, names)| {
            let entries = names.split(',').map(str::trim);
            entries.filter_map(|entry| Some((length_at(words, start, entry)?, *named)))
        });
        let Some((length, named)) = named.max_by_key(|(length, _)| *length) else { continue };
        let (before, behind) = (words.get(..start)?, words.get(start + length..)?);
        let stays = |word: &String| BEHIND.contains(&word.as_str()) || is_number(word);
        // Otherwise a later name decides: `mobile_phone`, `address_email`.
        if behind.iter().all(stays) && !before.iter().any(|word| BEFORE.contains(&word.as_str())) {
            return Some(named);
        }
    }
    None
}

/// How many words an entry takes from a place on, if it is there.
fn length_at(words: &[String], start: usize, entry: &str) -> Option<usize> {
    let mut length = 0;
    for word in entry.split_whitespace() {
        (words.get(start + length)? == word).then_some(())?;
        length += 1;
    }
    Some(length)
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The words of a name such as `home_phone`, `homePhone`, `Home-Phone` or `email2`, in lower case and without accents.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut was_lower, mut was_digit) = (false, false);
    let mut characters = name.chars().peekable();
    while let Some(c) = characters.next() {
        let next_is_lower = characters.peek().is_some_and(|next| next.is_lowercase());
        let is_upper_of_word = c.is_uppercase()
            && (was_lower || next_is_lower && words.last().is_some_and(|word| !word.is_empty()));
        let is_number = c.is_ascii_digit()
            && !was_digit
            && !matches!(words.last().map(String::as_str), Some("ipv" | "e"));
        if !c.is_alphanumeric() || is_upper_of_word || is_number {
            words.push(String::new());
        }
        (was_lower, was_digit) = (c.is_lowercase(), c.is_ascii_digit());
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            c.to_lowercase().for_each(|c| word.push_str(plain(c, &mut [0; 4])));
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A letter without its accent.
fn plain(c: char, buffer: &mut [u8; 4]) -> &str {
    match c {
        'ä' | 'á' | 'à' | 'â' | 'ã' | 'å' | 'ą' => "a",
        'é' | 'è' | 'ê' | 'ë' | 'ę' => "e",
        'í' | 'ì' | 'î' | 'ï' => "i",
        'ö' | 'ó' | 'ò' | 'ô' | 'õ' | 'ø' => "o",
        'ü' | 'ú' | 'ù' | 'û' => "u",
        'ñ' | 'ń' => "n",
        'ç' | 'ć' => "c",
        'ß' => "ss",
        'ł' => "l",
        'ś' => "s",
        c => c.encode_utf8(buffer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_so_are_known_in_their_spellings() {
        let cases: [(Named, &str); 11] = [
            (
                Named::Email,
                "email eMail e-mail E_Mail mail userEmail user_email_address email2 contact.email emails.value E-Mail-Adresse correo_electronico workEmail EMAIL email_perso address_email mail_pro correo_trabajo",
            ),
            (
                Named::Telephone,
                "phone telephone Telefon tel mobile homePhone phone_number Handynummer mobile_number telefono téléfono phones.home contact.phone1 PhoneNumber Tel. mobile_phone mobilePhone telefon_mobil telefono_movil telephone_portable phone_cell teléfonoFijo phone_home_landline telefon_geschäftlich phone_or_mobile",
            ),
            (
                Named::Address,
                "address street home_address addressLine1 Straße street_name anschrift dirección address.street adresse rue postal_address",
            ),
            (
                Named::Password,
                "password passwd pwd password_hash Passwort mot_de_passe contraseña wachtwoord hashed_password",
            ),
            (
                Named::Secret,
                "token access_token api_key apiKey API_KEY secret client_secret session_id refreshToken email_token",
            ),
            (Named::NationalId, "ssn social_security_number passport_number tax_id nationalId PESEL"),
            (Named::Bank, "iban credit_card creditCardNumber card_number Kontonummer"),
            (Named::Device, "ip ip_address last_login_ip lastIp client_ip ipv4 device_id"),
            (Named::Place, "lat lon latitude location.lng homeLatitude address_lat loc"),
            (
                Named::BirthDate,
                "birth_date birthDate dob date_of_birth Geburtsdatum geboortedatum date-de-naissance",
            ),
            (
                Named::Activity,
                "last_login lastLogin last_login_at last_seen lastActive derniere_connexion letzter_login",
            ),
        ];
        for (named, names) in cases {
            for name in names.split(' ') {
                assert_eq!(of(name), Some(named), "{name} {:?}", words(name));
            }
        }
    }

    #[test]
    fn names_that_only_look_like_them_are_not() {
        let names = "name city address_type phone_brand email_verified is_email has_phone mobile_app email_opt_in email_domain \
                     token_count num_tokens phone_model street_view web_address wallet_address birth_year age gender bio \
                     interests languages surname country zip postcode telegram telescope mailing_list ship tip skip latest \
                     platform belong along lonely password_changed last_name last_played first_seen address.country \
                     address.city phone.brand geography secretary cookbook cardinality tablet mobility text value number \
                     mobile_phone_brand mobilePhoneModel is_email_address phone_is_mobile email_token_count has_phone_mobile \
                     web_address_email location.city locale locations_visited";
        for name in names.split_whitespace() {
            assert_eq!(of(name), None, "{name} {:?}", words(name));
        }
    }
}
