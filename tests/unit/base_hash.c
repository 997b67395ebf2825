/* SipHash-2-4 against its authors' test vectors (github.com/veorq/SipHash, vectors.h: the input of row n is the bytes
 * 0 to n-1, the key the bytes 0 to 15), and the UUIDs derived from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/hash.h"

static const uint64_t wanted64[64] = {
    0x726FDB47DD0E0E31ULL, 0x74F839C593DC67FDULL, 0x0D6C8009D9A94F5AULL, 0x85676696D7FB7E2DULL, 0xCF2794E0277187B7ULL,
    0x18765564CD99A68DULL, 0xCBC9466E58FEE3CEULL, 0xAB0200F58B01D137ULL, 0x93F5F5799A932462ULL, 0x9E0082DF0BA9E4B0ULL,
    0x7A5DBBC594DDB9F3ULL, 0xF4B32F46226BADA7ULL, 0x751E8FBC860EE5FBULL, 0x14EA5627C0843D90ULL, 0xF723CA908E7AF2EEULL,
    0xA129CA6149BE45E5ULL, 0x3F2ACC7F57C29BDBULL, 0x699AE9F52CBE4794ULL, 0x4BC1B3F0968DD39CULL, 0xBB6DC91DA77961BDULL,
    0xBED65CF21AA2EE98ULL, 0xD0F2CBB02E3B67C7ULL, 0x93536795E3A33E88ULL, 0xA80C038CCD5CCEC8ULL, 0xB8AD50C6F649AF94ULL,
    0xBCE192DE8A85B8EAULL, 0x17D835B85BBB15F3ULL, 0x2F2E6163076BCFADULL, 0xDE4DAAACA71DC9A5ULL, 0xA6A2506687956571ULL,
    0xAD87A3535C49EF28ULL, 0x32D892FAD841C342ULL, 0x7127512F72F27CCEULL, 0xA7F32346F95978E3ULL, 0x12E0B01ABB051238ULL,
    0x15E034D40FA197AEULL, 0x314DFFBE0815A3B4ULL, 0x027990F029623981ULL, 0xCADCD4E59EF40C4DULL, 0x9ABFD8766A33735CULL,
    0x0E3EA96B5304A7D0ULL, 0xAD0C42D6FC585992ULL, 0x187306C89BC215A9ULL, 0xD4A60ABCF3792B95ULL, 0xF935451DE4F21DF2ULL,
    0xA9538F0419755787ULL, 0xDB9ACDDFF56CA510ULL, 0xD06C98CD5C0975EBULL, 0xE612A3CB9ECBA951ULL, 0xC766E62CFCADAF96ULL,
    0xEE64435A9752FE72ULL, 0xA192D576B245165AULL, 0x0A8787BF8ECB74B2ULL, 0x81B3E73D20B49B6FULL, 0x7FA8220BA3B2ECEAULL,
    0x245731C13CA42499ULL, 0xB78DBFAF3A8D83BDULL, 0xEA1AD565322A1A0BULL, 0x60E61C23A3795013ULL, 0x6606D7E446282B93ULL,
    0x6CA4ECB15C5F91E1ULL, 0x9F626DA15C9625F3ULL, 0xE51B38608EF25F57ULL, 0x958A324CEB064572ULL,
};

/* lo and hi of each */
static const uint64_t wanted128[64][2] = {
    {0xE6A825BA047F81A3ULL, 0x930255C71472F66DULL}, {0x44AF996BD8C187DAULL, 0x45FC229B11597634ULL},
    {0xC75DA4A48D227781ULL, 0xE4FF0AF6DE8BA3FCULL}, {0x4EA967520CB6709CULL, 0x51ED8529B0B6335FULL},
    {0xAF8F9C2DC16481F8ULL, 0x7955CD7B7C6E0F7DULL}, {0x886F778059876813ULL, 0x27960E69077A5254ULL},
    {0x1386208B33CAEE14ULL, 0x5EA1D78F30A05E48ULL}, {0x53C1DBD8BEEBF1A1ULL, 0x3982F01FA64AB8C0ULL},
    {0x61F55862BAA9623BULL, 0xB49714F364E2830FULL}, {0xABBAD90A06994426ULL, 0xED716DBB028B7FC4ULL},
    {0x56691478C30D1100ULL, 0xBAFBD0F3D34754C9ULL}, {0x77666B3868C55101ULL, 0x18DCE5816FDCB4A2ULL},
    {0x58F35E9066B226D6ULL, 0x25C13285F64D6382ULL}, {0x108BC0E947E26998ULL, 0xF752B9C44F9329D0ULL},
    {0x9CDED766ACEFFC31ULL, 0x024949E45F48C77EULL}, {0x11A8B03399E99354ULL, 0xD9C3CF970FEC087EULL},
    {0xBB54B067CAA4E26EULL, 0x77052385BF1533FDULL}, {0x98B88D73E8063D47ULL, 0x4077E47AC466C054ULL},
    {0x8548BF23E4E526A4ULL, 0x23F7AEFE81A44D29ULL}, {0xB0FA65CF31770178ULL, 0xB12E51528920D574ULL},
    {0x7390223F83FC259EULL, 0xEB3938E8A544933EULL}, {0x215A52BE5A498E56ULL, 0x121D073ECD14228AULL},
    {0x9A6BD15245B5294AULL, 0xAE0AFF8E52109C46ULL}, {0xE0F5A9D5DD84D1C9ULL, 0x1C69BF9A9AE28CCFULL},
    {0xD850BD78AE79B42DULL, 0xAD32618A178A2A88ULL}, {0x7B445E2D045FCE8EULL, 0x6F8F8DCBEAB95150ULL},
    {0xE807C3B3B4530B9CULL, 0x661F147886E0AE7EULL}, {0xE4EAA669AF48F2ABULL, 0x94EB9E122FEBD3BFULL},
    {0x884B576816DA6406ULL, 0xF4AE587302F335B9ULL}, {0xE97D33BFC49D4BAAULL, 0xB76A7C463CFDD40CULL},
    {0xDE6BAF1F477F5CEAULL, 0x87226D68D4D71A2BULL}, {0xFCFA233218B03929ULL, 0x353DC4524FDE2317ULL},
    {0x3EFCEA5ECA56397CULL, 0x68EB4665559D3E36ULL}, {0x321CF0467107C677ULL, 0xCFFFA94E5F9DB6B6ULL},
    {0xDF7E84B86C98A637ULL, 0xDE549B30F1F02509ULL}, {0xF9A8A99DE6F005A7ULL, 0xC88C3C922E1A2407ULL},
    {0x4648C4291F7DC43DULL, 0x11674F90ED769E1EULL}, {0x1A0EFCE601BF620DULL, 0x2B69D3C551473C0DULL},
    {0x9E667CCA8B46038CULL, 0xB5E7BE4B085EFDE4ULL}, {0x9C2CAF3BB95B8A52ULL, 0xD92BD2D0E5CC7344ULL},
    {0xAD5DC9951E306ADFULL, 0xD83B91C6C80CAE97ULL}, {0x397F852C90891180ULL, 0xDBB6705E289135E7ULL},
    {0xBB31C2C96A3417E6ULL, 0x5B0CCACC34AE5036ULL}, {0xAA21B7EF3734D927ULL, 0x89DF5AECDC211840ULL},
    {0x785E9CED9D7D2389ULL, 0x4273CC66B1C9B1D8ULL}, {0x657D5EBF91806D4AULL, 0x4CB150A294FA8911ULL},
    {0x89AEE75560F9330EULL, 0x022949CF3D0EFC3FULL}, {0xD1190B722B431CE6ULL, 0x1B1563DC4BD8C88EULL},
    {0xCF82F749F5AEE5F7ULL, 0x169B2608A6559037ULL}, {0x4FA5B7D00F038D43ULL, 0x03641A20ADF237A8ULL},
    {0xE304BF4FEED390A5ULL, 0x3F4286F2270D7E24ULL}, {0xC493FE72A1C1E25FULL, 0x38F5F9AE7CD35CB1ULL},
    {0x6EB306BD5C32972CULL, 0x7C013A8BD03D13B2ULL}, {0x94CA6B7A2214C892ULL, 0x9ED32A009F65F09FULL},
    {0x8C32D80B1150E8DCULL, 0x871D91D64108D5FBULL}, {0x1279DAC78449F167ULL, 0xDA832592B52BE348ULL},
    {0xE94ED572CFF23819ULL, 0x362A1DA96F16947EULL}, {0xFE49ED46961E4874ULL, 0x8E6904163024620FULL},
    {0xD8D6A998DEA5FC57ULL, 0x1D8A3D58D0386400ULL}, {0xBE1CDCEF1CDEEC9FULL, 0x595357D9743676D4ULL},
    {0x53F128EB000C04E3ULL, 0x40E772D8CB73CA66ULL}, {0xFE1D836A9A009776ULL, 0x7A0F6793591CA9CCULL},
    {0xA067F52123545358ULL, 0xBD5947F0A447D505ULL}, {0x4A83502F77D15051ULL, 0x7CBD3F979A063E50ULL},
};
static struct text input(size_t n)
{
    static const unsigned char bytes[64] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
    };
    return (struct text){(const char *)bytes, n};
}

static void test_reference_vectors(void **state)
{
    (void)state;
    for (size_t n = 0; n < 64; n++) {
        struct hash h;
        assert_true(hash64(input(n)) == wanted64[n]);
        hash_init(&h, true);
        hash_add(&h, input(n).p, n);
        struct hash128 wide = hash_end128(&h);
        assert_true(wide.lo == wanted128[n][0] && wide.hi == wanted128[n][1]);
    }
}

static void test_parts_do_not_matter(void **state)
{
    (void)state;
    for (size_t n = 0; n < 40; n++)
        for (size_t first = 0; first <= n; first++)
            for (size_t second = 0; first + second <= n; second++) {
                struct hash h;
                const char *p = input(n).p;
                hash_init(&h, false);
                hash_add(&h, p, first);
                hash_add(&h, p + first, second);
                hash_add(&h, p + first + second, n - first - second);
                assert_true(hash_end64(&h) == wanted64[n]);
            }
}

static void test_a_number_is_eight_bytes(void **state)
{
    (void)state;
    for (size_t first = 0; first < 8; first++) { /* however many bytes wait before it */
        struct hash h, same;
        unsigned char bytes[8] = {0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11};
        hash_init(&h, false);
        hash_add(&h, input(first).p, first);
        same = h;
        hash_number(&h, 0x1122334455667788);
        hash_add(&same, bytes, sizeof bytes);
        assert_true(hash_end64(&h) == hash_end64(&same));
    }
}

static uint64_t pair(const char *a, const char *b)
{
    struct hash h;
    hash_init(&h, false);
    hash_text(&h, text_of(a));
    hash_text(&h, text_of(b));
    return hash_end64(&h);
}

static void test_texts_are_kept_apart(void **state)
{
    (void)state;
    assert_true(pair("ab", "c") == pair("ab", "c"));
    assert_true(pair("ab", "c") != pair("a", "bc"));
    assert_true(pair("", "abc") != pair("abc", ""));
}

static void test_uuid(void **state)
{
    (void)state;
    static const struct {
        moment_us at;
        struct hash128 h;
        const char *text;
    } rows[] = {
        {0, {0, 0}, "00000000-0000-7000-8000-000000000000"},
        {-5, {0, 0}, "00000000-0000-7000-8000-000000000000"},
        {0, {UINT64_MAX, UINT64_MAX}, "00000000-0000-7fff-bfff-ffffffffffff"},
        /* RFC 9562, A.6: Tuesday, February 22, 2022 2:22:22.00 PM GMT-05:00 */
        {1645557742000000, {0xCC3, 0x18C4DC0C0C07398FULL}, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[UUID_TEXT];
        struct text t = uuid_derive(rows[i].at, rows[i].h, out);
        assert_string_equal(out, rows[i].text);
        assert_int_equal(t.n, 36);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_vectors),
        cmocka_unit_test(test_parts_do_not_matter),
        cmocka_unit_test(test_a_number_is_eight_bytes),
        cmocka_unit_test(test_texts_are_kept_apart),
        cmocka_unit_test(test_uuid),
    };
    return cmocka_run_group_tests_name("base_hash", tests, NULL, NULL);
}
